"""The kernels beside those of other libraries, interleaved in one process."""
