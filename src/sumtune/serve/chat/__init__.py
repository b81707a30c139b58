"""From the messages of a chat to the dialogue that is summarized."""
