"""From packages that come in to the rename that shows them."""
