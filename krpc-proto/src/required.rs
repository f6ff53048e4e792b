//! Presence of `required` fields, which prost does not check.
//!
//! prost reads a missing `required` field as 0 or empty, and afterwards nobody can tell. Kudu's C++
//! refuses such a message, so the check runs over the encoded bytes, from tables that the code
//! generator writes. It allocates only to report something.

use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

use crate::wire::{Fields, Value, WireError};

/// How deep messages may lie in each other; prost stops at the same depth.
pub const MAX_DEPTH: usize = 100;

/// Missing fields that are reported. A peer can leave out more of them than anybody wants to read.
pub const MAX_REPORTED: usize = 16;

/// What a message has to contain.
#[derive(Debug)]
pub struct MessageSpec {
    /// Its name, for error texts.
    pub name: &'static str,
    /// Its required fields, by number and name.
    pub required: &'static [(u32, &'static str)],
    /// Its fields that hold messages with required fields, at whatever depth. A message that can
    /// contain itself refers to its own `static`.
    pub nested: &'static [(u32, &'static str, &'static MessageSpec)],
}

/// A message whose required fields are known. The code generator implements it.
pub trait Required {
    /// What the message has to contain.
    const SPEC: &'static MessageSpec;
}

/// The required fields that are missing from `bytes`, as dotted paths; at most [`MAX_REPORTED`].
///
/// If a field that holds one message occurs more than once, each occurrence has to be complete.
/// Protobuf would merge them first, but no encoder makes such a thing.
pub fn missing(bytes: &[u8], spec: &'static MessageSpec) -> Result<Vec<String>, WireError> {
    let mut found = Vec::new();
    if !spec.required.is_empty() || !spec.nested.is_empty() {
        let mut walk = Walk { found: &mut found };
        walk.message(&mut Fields::new(bytes), Some(spec), None, &Path::root())?;
    }
    Ok(found)
}

struct Walk<'a> {
    found: &'a mut Vec<String>,
}

impl Walk<'_> {
    /// Reads one message up to its end, or to the end of the group that it is.
    fn message(
        &mut self,
        fields: &mut Fields<'_>,
        spec: Option<&'static MessageSpec>,
        group: Option<u32>,
        path: &Path<'_>,
    ) -> Result<(), WireError> {
        if path.depth > MAX_DEPTH {
            return Err(WireError::TooDeep);
        }
        let required = spec.map_or(&[][..], |spec| spec.required);
        let nested = spec.map_or(&[][..], |spec| spec.nested);
        let mut seen = Seen::new(required.len());
        while self.found.len() < MAX_REPORTED {
            let Some((tag, value)) = fields.next()? else {
                if group.is_some() {
                    return Err(WireError::Truncated);
                }
                break;
            };
            if value == Value::GroupEnd {
                if group != Some(tag) {
                    return Err(WireError::Group);
                }
                break;
            }
            if let Some(i) = required.iter().position(|&(number, _)| number == tag) {
                seen.set(i);
            }
            let inner = || nested.iter().find(|&&(number, _, _)| number == tag);
            match value {
                Value::Number | Value::GroupEnd => {}
                Value::Bytes(bytes) => {
                    if let Some(&(_, name, spec)) = inner() {
                        self.message(&mut Fields::new(bytes), Some(spec), None, &path.join(name))?;
                    }
                }
                Value::GroupStart => {
                    let (name, spec) =
                        inner().map_or(("", None), |&(_, name, spec)| (name, Some(spec)));
                    self.message(fields, spec, Some(tag), &path.join(name))?;
                }
            }
        }
        for (i, &(_, name)) in required.iter().enumerate() {
            if !seen.get(i) && self.found.len() < MAX_REPORTED {
                self.found.push(path.join(name).render());
            }
        }
        Ok(())
    }
}

/// Which required fields have come by: bits on the stack, more than 64 of them on the heap.
struct Seen {
    low: u64,
    high: Vec<u64>,
}

impl Seen {
    fn new(fields: usize) -> Self {
        Seen { low: 0, high: vec![0; fields.saturating_sub(64).div_ceil(64)] }
    }

    fn set(&mut self, i: usize) {
        let word = if i < 64 { &mut self.low } else { &mut self.high[i / 64 - 1] };
        *word |= 1 << (i % 64);
    }

    fn get(&self, i: usize) -> bool {
        let word = if i < 64 { self.low } else { self.high[i / 64 - 1] };
        word & (1 << (i % 64)) != 0
    }
}

/// The fields that lead to a message, linked upwards through the stack.
struct Path<'a> {
    parent: Option<&'a Path<'a>>,
    name: &'static str,
    depth: usize,
}

impl<'a> Path<'a> {
    fn root() -> Self {
        Path { parent: None, name: "", depth: 0 }
    }

    fn join(&'a self, name: &'static str) -> Self {
        Path { parent: Some(self), name, depth: self.depth + 1 }
    }

    fn render(&self) -> String {
        let mut out = match self.parent {
            Some(parent) if parent.parent.is_some() => parent.render() + ".",
            _ => String::new(),
        };
        out.push_str(self.name);
        out
    }
}
