//! `kudu.master.MasterService` of a cluster that has one master and nothing else.

use std::sync::Arc;

use krpc_tokio::{Answer, CallContext};

use super::generic::{host_ports, node_instance, version};
use super::{FEATURE_CONNECT_TO_MASTER, Identity};
use crate::pb::app_status_pb::ErrorCode;
use crate::pb::consensus::raft_peer_pb::{MemberType, Role};
use crate::pb::master::master_error_pb::Code;
use crate::pb::master::master_service::MasterService;
use crate::pb::master::*;
use crate::pb::{AppStatusPb, ServerRegistrationPb};

/// A master that is its own leader and keeps no tables: what it answers is empty but true.
#[derive(Clone, Debug)]
pub struct Master {
    identity: Arc<Identity>,
}

impl Master {
    /// A master that tells what `identity` says.
    pub fn new(identity: Arc<Identity>) -> Self {
        Master { identity }
    }
}

impl MasterService for Master {
    async fn ping(&self, _: CallContext, _: PingRequestPb) -> Answer<PingResponsePb> {
        Ok(PingResponsePb {}.into())
    }

    async fn connect_to_master(
        &self,
        _: CallContext,
        _: ConnectToMasterRequestPb,
    ) -> Answer<ConnectToMasterResponsePb> {
        let response = ConnectToMasterResponsePb {
            role: Some(Role::Leader.into()),
            master_addrs: host_ports(&self.identity),
            cluster_id: Some(self.identity.cluster_id().into()),
            ..ConnectToMasterResponsePb::default()
        };
        Ok(response.into())
    }

    async fn list_masters(
        &self,
        _: CallContext,
        _: ListMastersRequestPb,
    ) -> Answer<ListMastersResponsePb> {
        let registration = ServerRegistrationPb {
            rpc_addresses: host_ports(&self.identity),
            software_version: Some(version()),
            start_time: Some(self.identity.instance() / 1_000_000),
            ..ServerRegistrationPb::default()
        };
        let this = ServerEntryPb {
            error: None,
            instance_id: Some(node_instance(&self.identity)),
            registration: Some(registration),
            role: Some(Role::Leader.into()),
            cluster_id: Some(self.identity.cluster_id().into()),
            member_type: Some(MemberType::Voter.into()),
        };
        Ok(ListMastersResponsePb { masters: vec![this], ..Default::default() }.into())
    }

    async fn list_tablet_servers(
        &self,
        _: CallContext,
        _: ListTabletServersRequestPb,
    ) -> Answer<ListTabletServersResponsePb> {
        Ok(ListTabletServersResponsePb::default().into())
    }

    async fn list_tables(
        &self,
        _: CallContext,
        _: ListTablesRequestPb,
    ) -> Answer<ListTablesResponsePb> {
        Ok(ListTablesResponsePb::default().into())
    }

    async fn get_table_schema(
        &self,
        _: CallContext,
        req: GetTableSchemaRequestPb,
    ) -> Answer<GetTableSchemaResponsePb> {
        let error = Some(no_such_table(&req.table));
        Ok(GetTableSchemaResponsePb { error, ..Default::default() }.into())
    }

    async fn get_table_locations(
        &self,
        _: CallContext,
        req: GetTableLocationsRequestPb,
    ) -> Answer<GetTableLocationsResponsePb> {
        let error = Some(no_such_table(&req.table));
        Ok(GetTableLocationsResponsePb { error, ..Default::default() }.into())
    }

    async fn get_tablet_locations(
        &self,
        _: CallContext,
        req: GetTabletLocationsRequestPb,
    ) -> Answer<GetTabletLocationsResponsePb> {
        let unknown = |id: String| get_tablet_locations_response_pb::Error {
            status: Some(status(ErrorCode::NotFound, format!("Unknown tablet {id}"))),
            tablet_id: Some(id),
        };
        let errors = req.tablet_ids.into_iter().map(unknown).collect();
        Ok(GetTabletLocationsResponsePb { errors, ..Default::default() }.into())
    }

    async fn create_table(
        &self,
        _: CallContext,
        _: CreateTableRequestPb,
    ) -> Answer<CreateTableResponsePb> {
        let message = "this server has no tablet servers and keeps no tables".into();
        let status = status(ErrorCode::NotSupported, message);
        let error = Some(MasterErrorPb { code: Code::UnknownError.into(), status });
        Ok(CreateTableResponsePb { error, table_id: None }.into())
    }

    async fn is_create_table_done(
        &self,
        _: CallContext,
        req: IsCreateTableDoneRequestPb,
    ) -> Answer<IsCreateTableDoneResponsePb> {
        let error = Some(no_such_table(&req.table));
        Ok(IsCreateTableDoneResponsePb { error, done: None }.into())
    }

    async fn delete_table(
        &self,
        _: CallContext,
        req: DeleteTableRequestPb,
    ) -> Answer<DeleteTableResponsePb> {
        Ok(DeleteTableResponsePb { error: Some(no_such_table(&req.table)) }.into())
    }

    /// Only the one that clients cannot do without; the others belong to things not done here.
    fn supports_feature(&self, flag: u32) -> bool {
        flag == FEATURE_CONNECT_TO_MASTER
    }
}

fn status(code: ErrorCode, message: String) -> AppStatusPb {
    AppStatusPb { code: code.into(), message: Some(message), posix_code: None }
}

fn no_such_table(table: &TableIdentifierPb) -> MasterErrorPb {
    let which = match (&table.table_name, &table.table_id) {
        (Some(name), _) => format!("table_name: {name:?}"),
        (None, Some(id)) => format!("table_id: {id:?}"),
        (None, None) => "neither name nor id given".into(),
    };
    let status = status(ErrorCode::NotFound, format!("the table does not exist: {which}"));
    MasterErrorPb { code: Code::TableNotFound.into(), status }
}
