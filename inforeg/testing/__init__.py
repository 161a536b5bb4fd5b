"""What every method and every data set promises, as functions that need no test runner."""
