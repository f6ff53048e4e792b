//! Kudu's options of services and methods. prost-build drops them, so they come from the
//! descriptors themselves.

use prost_reflect::{DescriptorPool, DynamicMessage, MethodDescriptor, Value};

/// What a method's options say.
pub(crate) struct MethodOptions {
    /// The call must not run twice.
    pub(crate) track_rpc_result: bool,
    /// The method that decides who may call. A method's own replaces the service's.
    pub(crate) authz_method: Option<String>,
}

impl MethodOptions {
    pub(crate) fn of(method: &MethodDescriptor) -> Self {
        let pool = method.parent_pool();
        let own = method.options();
        let service = method.parent_service().options();
        let track = extension(pool, &own, "kudu.rpc.track_rpc_result");
        let authz_method = extension(pool, &own, "kudu.rpc.authz_method")
            .or_else(|| extension(pool, &service, "kudu.rpc.default_authz_method"))
            .and_then(|value| value.as_str().map(str::to_owned));
        MethodOptions {
            track_rpc_result: track.and_then(|value| value.as_bool()).unwrap_or(false),
            authz_method,
        }
    }
}

/// The value of an option, if its file is imported and it is set.
fn extension(pool: &DescriptorPool, options: &DynamicMessage, name: &str) -> Option<Value> {
    let extension = pool.get_extension_by_name(name)?;
    options.has_extension(&extension).then(|| options.get_extension(&extension).into_owned())
}
