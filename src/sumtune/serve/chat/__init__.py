"""Extract the dialogue to summarize from the messages of a chat request."""
