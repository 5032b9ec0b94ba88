"""The dialogs, one a file: each is a modal screen that ends with an answer or with nothing."""
