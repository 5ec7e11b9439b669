//! Samples of ours as OpenCV matrices, without a copy.

use opencv::boxed_ref::BoxedRef;
use opencv::core::{DataType, Mat};

use crate::detector::DetectError;

/// `samples`, read row by row.
pub(crate) fn matrix<T: DataType>(
    samples: &[T],
    width: usize,
    height: usize,
) -> Result<BoxedRef<'_, Mat>, DetectError> {
    // A picture's sides fit (`picture::Size::MAX`); anything else OpenCV's binding refuses for its length.
    let (rows, columns) = (i32::try_from(height).unwrap_or(0), i32::try_from(width).unwrap_or(0));
    Ok(Mat::new_rows_cols_with_data(rows, columns, samples)?)
}
