"""How texts look, whatever ROUGE says: word order, spelling, marks, and words from other rows."""
