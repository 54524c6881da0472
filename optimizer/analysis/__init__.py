"""Plans to findings. Reads plans and run folders only; needs no solver."""
