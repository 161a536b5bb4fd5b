"""What is run and kept: experiments, plans, jobs, the project's folder, publications."""
