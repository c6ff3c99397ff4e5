"""From what was said to the lines of a note, by a small trained model and rules that never change a fact."""
