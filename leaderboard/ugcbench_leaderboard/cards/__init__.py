"""Result cards: a run in one file, made by who ran it and checked by anybody."""
