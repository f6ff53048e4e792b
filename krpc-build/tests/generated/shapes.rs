//! Generated from `tests/proto` by `cargo run -p xtask -- regen`; do not edit.

#[derive(Clone, Copy, PartialEq, Eq, Hash, ::krpc_tokio::codegen::prost::Message)]
#[prost(prost_path = "::krpc_tokio::codegen::prost")]
pub struct Leaf {
    #[prost(uint32, optional, tag = "1")]
    pub number: ::core::option::Option<u32>,
}
/// Contains itself.
#[derive(Clone, PartialEq, ::krpc_tokio::codegen::prost::Message)]
#[prost(prost_path = "::krpc_tokio::codegen::prost")]
pub struct Tree {
    #[prost(string, required, tag = "2")]
    pub name: ::krpc_tokio::codegen::prost::alloc::string::String,
    #[prost(message, repeated, tag = "1")]
    pub child: ::krpc_tokio::codegen::prost::alloc::vec::Vec<Tree>,
    #[prost(message, optional, tag = "3")]
    pub leaf: ::core::option::Option<Leaf>,
}
/// Contain each other, and only the second has something required.
#[derive(Clone, PartialEq, ::krpc_tokio::codegen::prost::Message)]
#[prost(prost_path = "::krpc_tokio::codegen::prost")]
pub struct Even {
    #[prost(message, optional, boxed, tag = "1")]
    pub odd: ::core::option::Option<::krpc_tokio::codegen::prost::alloc::boxed::Box<Odd>>,
}
#[derive(Clone, PartialEq, ::krpc_tokio::codegen::prost::Message)]
#[prost(prost_path = "::krpc_tokio::codegen::prost")]
pub struct Odd {
    #[prost(message, optional, boxed, tag = "1")]
    pub even: ::core::option::Option<::krpc_tokio::codegen::prost::alloc::boxed::Box<Even>>,
    #[prost(bool, required, tag = "2")]
    pub last: bool,
}
#[derive(Clone, PartialEq, ::krpc_tokio::codegen::prost::Message)]
#[prost(prost_path = "::krpc_tokio::codegen::prost")]
pub struct Many {
    #[prost(map = "string, message", tag = "1")]
    pub trees:
        ::std::collections::HashMap<::krpc_tokio::codegen::prost::alloc::string::String, Tree>,
    #[prost(map = "string, message", tag = "2")]
    pub leaves:
        ::std::collections::HashMap<::krpc_tokio::codegen::prost::alloc::string::String, Leaf>,
    #[prost(group, optional, tag = "5")]
    pub grouped: ::core::option::Option<many::Grouped>,
    #[prost(oneof = "many::Which", tags = "3, 4")]
    pub which: ::core::option::Option<many::Which>,
}
/// Nested message and enum types in `Many`.
pub mod many {
    #[derive(Clone, Copy, PartialEq, Eq, Hash, ::krpc_tokio::codegen::prost::Message)]
    #[prost(prost_path = "::krpc_tokio::codegen::prost")]
    pub struct Grouped {
        #[prost(int32, required, tag = "1")]
        pub in_group: i32,
    }
    #[derive(Clone, PartialEq, Eq, Hash, ::krpc_tokio::codegen::prost::Message)]
    #[prost(prost_path = "::krpc_tokio::codegen::prost")]
    pub struct Inner {
        #[prost(bytes = "bytes", required, tag = "1")]
        pub r#type: ::krpc_tokio::codegen::prost::bytes::Bytes,
        #[prost(message, optional, tag = "2")]
        pub innermost: ::core::option::Option<inner::Innermost>,
    }
    /// Nested message and enum types in `Inner`.
    pub mod inner {
        #[derive(Clone, Copy, PartialEq, Eq, Hash, ::krpc_tokio::codegen::prost::Message)]
        #[prost(prost_path = "::krpc_tokio::codegen::prost")]
        pub struct Innermost {
            #[prost(enumeration = "super::Kind", required, tag = "1")]
            pub kind: i32,
        }
    }
    #[derive(
        Clone,
        Copy,
        Debug,
        PartialEq,
        Eq,
        Hash,
        PartialOrd,
        Ord,
        ::krpc_tokio::codegen::prost::Enumeration,
    )]
    #[prost(prost_path = "::krpc_tokio::codegen::prost")]
    #[repr(i32)]
    pub enum Kind {
        None = 0,
        Some = 1,
    }
    impl Kind {
        /// String value of the enum field names used in the ProtoBuf definition.
        ///
        /// The values are not transformed in any way and thus are considered stable
        /// (if the ProtoBuf definition does not change) and safe for programmatic use.
        pub fn as_str_name(&self) -> &'static str {
            match self {
                Self::None => "NONE",
                Self::Some => "SOME",
            }
        }
        /// Creates an enum from field names used in the ProtoBuf definition.
        pub fn from_str_name(value: &str) -> ::core::option::Option<Self> {
            match value {
                "NONE" => Some(Self::None),
                "SOME" => Some(Self::Some),
                _ => None,
            }
        }
    }
    #[derive(Clone, PartialEq, Eq, Hash, ::krpc_tokio::codegen::prost::Oneof)]
    #[prost(prost_path = "::krpc_tokio::codegen::prost")]
    pub enum Which {
        #[prost(message, tag = "3")]
        Inner(Inner),
        #[prost(message, tag = "4")]
        Leaf(super::Leaf),
    }
}
impl ::krpc_tokio::codegen::Required for Leaf {
    const SPEC: &'static ::krpc_tokio::codegen::MessageSpec =
        &::krpc_tokio::codegen::MessageSpec { name: "Leaf", required: &[], nested: &[] };
}
static TREE_SPEC: ::krpc_tokio::codegen::MessageSpec = ::krpc_tokio::codegen::MessageSpec {
    name: "Tree",
    required: &[(2, "name")],
    nested: &[(1, "child", &TREE_SPEC)],
};
impl ::krpc_tokio::codegen::Required for Tree {
    const SPEC: &'static ::krpc_tokio::codegen::MessageSpec = &TREE_SPEC;
}
static EVEN_SPEC: ::krpc_tokio::codegen::MessageSpec = ::krpc_tokio::codegen::MessageSpec {
    name: "Even",
    required: &[],
    nested: &[(1, "odd", &ODD_SPEC)],
};
impl ::krpc_tokio::codegen::Required for Even {
    const SPEC: &'static ::krpc_tokio::codegen::MessageSpec = &EVEN_SPEC;
}
static ODD_SPEC: ::krpc_tokio::codegen::MessageSpec = ::krpc_tokio::codegen::MessageSpec {
    name: "Odd",
    required: &[(2, "last")],
    nested: &[(1, "even", &EVEN_SPEC)],
};
impl ::krpc_tokio::codegen::Required for Odd {
    const SPEC: &'static ::krpc_tokio::codegen::MessageSpec = &ODD_SPEC;
}
static MANY_SPEC: ::krpc_tokio::codegen::MessageSpec = ::krpc_tokio::codegen::MessageSpec {
    name: "Many",
    required: &[],
    nested: &[
        (
            1,
            "trees",
            &::krpc_tokio::codegen::MessageSpec {
                name: "TreesEntry",
                required: &[],
                nested: &[(2, "value", &TREE_SPEC)],
            },
        ),
        (3, "inner", &MANY_INNER_SPEC),
        (5, "grouped", &MANY_GROUPED_SPEC),
    ],
};
impl ::krpc_tokio::codegen::Required for Many {
    const SPEC: &'static ::krpc_tokio::codegen::MessageSpec = &MANY_SPEC;
}
static MANY_GROUPED_SPEC: ::krpc_tokio::codegen::MessageSpec = ::krpc_tokio::codegen::MessageSpec {
    name: "Grouped",
    required: &[(1, "in_group")],
    nested: &[],
};
impl ::krpc_tokio::codegen::Required for many::Grouped {
    const SPEC: &'static ::krpc_tokio::codegen::MessageSpec = &MANY_GROUPED_SPEC;
}
static MANY_INNER_SPEC: ::krpc_tokio::codegen::MessageSpec = ::krpc_tokio::codegen::MessageSpec {
    name: "Inner",
    required: &[(1, "type")],
    nested: &[(2, "innermost", &MANY_INNER_INNERMOST_SPEC)],
};
impl ::krpc_tokio::codegen::Required for many::Inner {
    const SPEC: &'static ::krpc_tokio::codegen::MessageSpec = &MANY_INNER_SPEC;
}
static MANY_INNER_INNERMOST_SPEC: ::krpc_tokio::codegen::MessageSpec =
    ::krpc_tokio::codegen::MessageSpec { name: "Innermost", required: &[(1, "kind")], nested: &[] };
impl ::krpc_tokio::codegen::Required for many::inner::Innermost {
    const SPEC: &'static ::krpc_tokio::codegen::MessageSpec = &MANY_INNER_INNERMOST_SPEC;
}
