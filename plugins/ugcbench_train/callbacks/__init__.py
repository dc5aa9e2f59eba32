"""What happens beside a training's steps: progress is shown, and the model evaluated."""
