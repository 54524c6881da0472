"""The command ``eastwest``: one file a verb, no logic."""
