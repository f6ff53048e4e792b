//! `kudu.server.GenericService`: who the server is and how it is set.

use std::sync::Arc;
use std::time::SystemTime;

use krpc_tokio::{Answer, CallContext, Status, StatusCode};

use super::Identity;
use super::identity::{Flag, micros};
use crate::pb::HostPortPb;
use crate::pb::NodeInstancePb;
use crate::pb::server::generic_service::GenericService;
use crate::pb::server::*;

/// What every Kudu daemon answers about itself.
///
/// Flags are this server's settings under Kudu's names; they cannot be changed. Anybody may call
/// everything, where Kudu wants a super-user for all but GetStatus and ServerClock.
#[derive(Clone, Debug)]
pub struct Generic {
    identity: Arc<Identity>,
}

impl Generic {
    /// A service that tells what `identity` says.
    pub fn new(identity: Arc<Identity>) -> Self {
        Generic { identity }
    }
}

impl GenericService for Generic {
    async fn get_status(
        &self,
        _: CallContext,
        _: GetStatusRequestPb,
    ) -> Answer<GetStatusResponsePb> {
        let status = ServerStatusPb {
            node_instance: node_instance(&self.identity),
            bound_rpc_addresses: host_ports(&self.identity),
            bound_http_addresses: Vec::new(),
            version_info: Some(VersionInfoPb {
                version_string: Some(version()),
                ..VersionInfoPb::default()
            }),
        };
        Ok(GetStatusResponsePb { status, error: None }.into())
    }

    async fn get_flags(
        &self,
        _: CallContext,
        req: GetFlagsRequestPb,
    ) -> Answer<GetFlagsResponsePb> {
        let chosen = self.identity.flags().iter().filter(|flag| is_chosen(flag, &req));
        let flags = chosen
            .map(|flag| get_flags_response_pb::Flag {
                name: Some(flag.name.clone()),
                value: Some(flag.value.clone()),
                tags: vec![FLAG_TAG.into()],
                is_default_value: Some(flag.is_default),
            })
            .collect();
        Ok(GetFlagsResponsePb { flags }.into())
    }

    async fn set_flag(&self, _: CallContext, req: SetFlagRequestPb) -> Answer<SetFlagResponsePb> {
        use set_flag_response_pb::Result as Outcome;
        let known = self.identity.flags().iter().any(|flag| flag.name == req.flag);
        let (result, msg) = match known {
            true => (Outcome::NotSafe, "this server's settings are fixed while it runs"),
            false => (Outcome::NoSuchFlag, "this server has no such flag"),
        };
        let msg = Some(msg.into());
        Ok(SetFlagResponsePb { result: result.into(), msg, old_value: None }.into())
    }

    async fn server_clock(
        &self,
        _: CallContext,
        _: ServerClockRequestPb,
    ) -> Answer<ServerClockResponsePb> {
        Ok(ServerClockResponsePb { timestamp: Some(hybrid_time(SystemTime::now())) }.into())
    }

    async fn set_server_wall_clock_for_tests(
        &self,
        _: CallContext,
        _: SetServerWallClockForTestsRequestPb,
    ) -> Answer<SetServerWallClockForTestsResponsePb> {
        // This server's clock is the machine's.
        Ok(SetServerWallClockForTestsResponsePb { success: false }.into())
    }

    async fn flush_coverage(
        &self,
        _: CallContext,
        _: FlushCoverageRequestPb,
    ) -> Answer<FlushCoverageResponsePb> {
        Ok(FlushCoverageResponsePb { success: Some(false) }.into())
    }

    async fn check_leaks(
        &self,
        _: CallContext,
        _: CheckLeaksRequestPb,
    ) -> Answer<CheckLeaksResponsePb> {
        Ok(CheckLeaksResponsePb { success: Some(false), found_leaks: None }.into())
    }

    async fn dump_mem_trackers(
        &self,
        _: CallContext,
        _: DumpMemTrackersRequestPb,
    ) -> Answer<DumpMemTrackersResponsePb> {
        let message = "this server has no memory trackers";
        Err(Status::new(StatusCode::NotSupported, message).into())
    }
}

/// The one tag of all our flags.
const FLAG_TAG: &str = "stable";

/// Named flags; without names all, or those that are not at their default. Tags narrow either.
fn is_chosen(flag: &Flag, req: &GetFlagsRequestPb) -> bool {
    let named = match req.flags.is_empty() {
        true => req.all_flags() || !flag.is_default,
        false => req.flags.contains(&flag.name),
    };
    named && (req.tags.is_empty() || req.tags.iter().any(|tag| tag == FLAG_TAG))
}

/// Kudu's clock: microseconds, shifted to make room for a logical counter.
fn hybrid_time(now: SystemTime) -> u64 {
    (micros(now) as u64) << 12
}

pub(super) fn version() -> String {
    format!("krpc {}", env!("CARGO_PKG_VERSION"))
}

pub(super) fn node_instance(identity: &Identity) -> NodeInstancePb {
    NodeInstancePb { permanent_uuid: identity.uuid().into(), instance_seqno: identity.instance() }
}

pub(super) fn host_ports(identity: &Identity) -> Vec<HostPortPb> {
    let addresses = identity.addresses().into_iter();
    addresses.map(|(host, port)| HostPortPb { host, port: port.into() }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_are_chosen_as_kudu_does() {
        let flag =
            |name: &str, is_default| Flag { name: name.into(), value: "v".into(), is_default };
        let (changed, default) = (flag("changed", false), flag("default", true));
        let chosen =
            |req: GetFlagsRequestPb| (is_chosen(&changed, &req), is_chosen(&default, &req));
        assert_eq!(chosen(GetFlagsRequestPb::default()), (true, false));
        let all = GetFlagsRequestPb { all_flags: Some(true), ..Default::default() };
        assert_eq!(chosen(all.clone()), (true, true));
        let named = GetFlagsRequestPb { flags: vec!["default".into()], ..all };
        assert_eq!(chosen(named.clone()), (false, true));
        let tagged = GetFlagsRequestPb { tags: vec!["unsafe".into()], ..named };
        assert_eq!(chosen(tagged), (false, false));
    }
}
