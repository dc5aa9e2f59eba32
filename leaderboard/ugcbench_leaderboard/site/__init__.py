"""The leaderboard as a folder of static pages, which any server or none at all can show."""
