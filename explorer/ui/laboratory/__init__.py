"""The Laboratory workspace: fast convolution watched at work, and measured. Each of its pages is a package here."""
