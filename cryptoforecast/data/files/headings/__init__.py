"""What a heading says of its column, in the words of vendors and languages."""
