"""How quick the program is, measured from outside: nothing in the product knows of it. See README.md."""
