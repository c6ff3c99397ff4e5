"""Making the weights of the note writing from public dialogues; never imported while the sandbox runs."""
