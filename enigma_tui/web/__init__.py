"""The board in web browsers: a page, and behind each tab that shows it a board of its own."""
