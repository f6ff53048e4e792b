//! Calling methods whose types are known only at run time: descriptors, JSON, and help for names
//! that are misspelt.

mod builtin;
mod check;
mod json;
mod names;
mod resolve;
mod text;

pub(crate) use json::{from_json, missing_fields, to_json, to_json_with_lists};
pub(crate) use resolve::Descriptors;
pub(crate) use text::to_text;
