/// The block kernels in use.
typealias Native = Reference
