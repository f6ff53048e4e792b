//! What was not as it should be.

use super::parser::Fault;

#[derive(Debug)]
pub(crate) struct Failure(pub(crate) String);

impl From<String> for Failure {
    fn from(text: String) -> Self {
        Failure(text)
    }
}

impl From<&str> for Failure {
    fn from(text: &str) -> Self {
        Failure(text.to_owned())
    }
}

impl From<Fault> for Failure {
    fn from(fault: Fault) -> Self {
        Failure(format!("the second parser: {fault:?}"))
    }
}

pub(crate) type Checked<T = ()> = Result<T, Failure>;

macro_rules! ensure {
    ($condition:expr, $($text:tt)+) => {
        if !$condition {
            return Err($crate::failure::Failure(format!($($text)+)));
        }
    };
}
pub(crate) use ensure;
