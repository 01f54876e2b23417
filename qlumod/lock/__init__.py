"""The lock: apt solves the exact packages of all modules, and qlumod fetches them."""
