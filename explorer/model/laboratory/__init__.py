"""What a fast filter does to accuracy and to cost, measured: settings in, frozen results out."""
