"""What the documents tell their readers to type is typed here."""
