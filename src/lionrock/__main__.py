"""`python -m lionrock` is the `lionrock` program."""

from lionrock.cli import main

if __name__ == "__main__":
    main()
