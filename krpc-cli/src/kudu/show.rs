//! Answers as tables.

use crate::output::Table;
use crate::pb::consensus::raft_peer_pb::Role;
use crate::pb::master::*;
use crate::pb::{HostPortPb, ServerRegistrationPb};

pub(super) fn masters(answer: &ListMastersResponsePb) -> String {
    let mut table = Table::new(["uuid", "rpc-addresses", "role", "version", "cluster"]);
    for master in &answer.masters {
        let registration = master.registration.as_ref();
        let role = match (&master.error, master.role) {
            (Some(error), _) => format!("error: {}", error.message.as_deref().unwrap_or("unknown")),
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
    counted(table, answer.masters.len(), "master")
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

pub(super) fn tables(answer: &ListTablesResponsePb) -> String {
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
