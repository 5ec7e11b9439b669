//! Between which sizes is searched.

/// The smallest packet that is tried: no way carries less, and no signed check is shorter.
pub(super) const SMALLEST: u16 = 200;
/// The largest: that of the jumbo frames there are.
pub(super) const LARGEST: u16 = 9216;
