"""What a new lock keeps, moves and is called: pure rules over old and new."""
