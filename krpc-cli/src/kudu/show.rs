//! Answers as tables.

use crate::output::{Table, plain};
use crate::pb::consensus::raft_peer_pb::Role;
use crate::pb::master::*;
use crate::pb::{HostPortPb, ServerRegistrationPb};

/// The masters, and under them why those are incomplete that the leader could not ask.
pub(super) fn masters(answer: &ListMastersResponsePb) -> String {
    let mut table = Table::new(["uuid", "rpc-addresses", "role", "version", "cluster"]);
    let mut errors = Vec::new();
    for master in &answer.masters {
        let registration = master.registration.as_ref();
        let role = match (&master.error, master.role) {
            (Some(error), _) => {
                errors.push(plain(error.message.as_deref().unwrap_or("no reason given")));
                format!("unknown ({})", errors.len())
            }
            (None, None) => String::new(),
            (None, Some(number)) => Role::try_from(number)
                .map_or_else(|_| number.to_string(), |role| role.as_str_name().into()),
        };
        table.row([
            master.instance_id.as_ref().map(|id| id.permanent_uuid.clone()).unwrap_or_default(),
            addresses(registration),
            role,
            version(registration),
            master.cluster_id.clone().unwrap_or_default(),
        ]);
    }
    let mut text = counted(table, answer.masters.len(), "master");
    for (n, error) in errors.iter().enumerate() {
        text.push_str(&format!("\n{}({}) {error}", if n == 0 { "\n" } else { "" }, n + 1));
    }
    text
}

pub(super) fn tservers(answer: &ListTabletServersResponsePb) -> String {
    let mut table =
        Table::new(["uuid", "rpc-addresses", "heartbeat", "state", "location", "version"]);
    for server in &answer.servers {
        let registration = server.registration.as_ref();
        table.row([
            server.instance_id.permanent_uuid.clone(),
            addresses(registration),
            server.millis_since_heartbeat.map(|ms| format!("{ms} ms ago")).unwrap_or_default(),
            server.state.map(|_| server.state().as_str_name().to_owned()).unwrap_or_default(),
            server.location.clone().unwrap_or_default(),
            version(registration),
        ]);
    }
    counted(table, answer.servers.len(), "tablet server")
}

/// The tables, of which `filter` may have left out some.
pub(super) fn tables(answer: &ListTablesResponsePb, filter: Option<&str>) -> String {
    if let (Some(filter), true) = (filter, answer.tables.is_empty()) {
        return format!("no table's name contains '{}'", plain(filter));
    }
    let mut table = Table::new(["name", "id", "tablets", "replicas", "rows"]);
    // Servers before 1.15 tell only name and id.
    let number = |n: Option<String>| n.unwrap_or_else(|| "-".into());
    for entry in &answer.tables {
        table.row([
            entry.name.clone(),
            entry.id.clone(),
            number(entry.num_tablets.map(|n| n.to_string())),
            number(entry.num_replicas.map(|n| n.to_string())),
            number(entry.live_row_count.map(|n| n.to_string())),
        ]);
    }
    counted(table, answer.tables.len(), "table")
}

/// The table, or a sentence in its place when it would be empty.
fn counted(table: Table, rows: usize, noun: &str) -> String {
    if rows == 0 {
        return format!("the cluster has no {noun}s");
    }
    table.to_string()
}

fn addresses(registration: Option<&ServerRegistrationPb>) -> String {
    let Some(registration) = registration else { return String::new() };
    registration.rpc_addresses.iter().map(host_port).collect::<Vec<_>>().join(",")
}

fn host_port(address: &HostPortPb) -> String {
    let HostPortPb { host, port } = address;
    if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") }
}

fn version(registration: Option<&ServerRegistrationPb>) -> String {
    registration.and_then(|r| r.software_version.clone()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pb::app_status_pb::ErrorCode;
    use crate::pb::{AppStatusPb, NodeInstancePb};

    #[test]
    fn masters_that_cannot_be_asked_are_explained_below() {
        let up = ServerEntryPb {
            instance_id: Some(NodeInstancePb { permanent_uuid: "af67".into(), instance_seqno: 1 }),
            role: Some(Role::Leader.into()),
            ..Default::default()
        };
        let down = |message: &str| {
            let message = Some(message.into());
            let error =
                AppStatusPb { code: ErrorCode::NetworkError.into(), message, posix_code: None };
            ServerEntryPb { error: Some(error), ..Default::default() }
        };
        let long = "Unable to get registration information for peer 5e (kudu-master-2:7051)";
        let masters = vec![up, down(long), down("\x1b[2J")];
        assert_eq!(
            super::masters(&ListMastersResponsePb { masters, ..Default::default() }),
            format!(
                "uuid  rpc-addresses  role         version  cluster\n\
                 af67                 LEADER\n                     unknown (1)\n\
                 {}unknown (2)\n\n(1) {long}\n(2) \\u{{1b}}[2J",
                " ".repeat(21)
            )
        );
    }

    #[test]
    fn nothing_is_said_as_what_it_is() {
        let none = ListTablesResponsePb::default();
        assert_eq!(tables(&none, None), "the cluster has no tables");
        assert_eq!(tables(&none, Some("zzz")), "no table's name contains 'zzz'");
    }
}
