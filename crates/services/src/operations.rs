//! The index of everything the server can do, one line an operation. Never does it.

use std::pin::Pin;
use std::sync::Arc;

use lambent_wire::error::Fault;
use lambent_wire::lambda::LAMBDA;
use lambent_wire::lambda::function::{
    CreateFunction, DeleteFunction, GetFunction, GetFunctionConfiguration, ListFunctions, UpdateFunctionCode,
    UpdateFunctionConfiguration,
};
use lambent_wire::lambda::invocation::Invoke;
use lambent_wire::lambda::layer::{
    DeleteLayerVersion, GetLayerVersion, GetLayerVersionByArn, ListLayerVersions, ListLayers,
    PublishLayerVersion,
};
use lambent_wire::schema::Service;
use lambent_wire::shaped::{Call, Field};
use lambent_wire::value::Value;

use crate::caller::Context;
use crate::lambda::{function, invocation, layer};
use crate::{Reply, Server};

/// Every service the server answers for.
pub static SERVICES: [&Service; 1] = [&LAMBDA];

type Performed = Pin<Box<dyn Future<Output = Result<Reply, Fault>> + Send>>;

/// What an operation does to the account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    /// It tells.
    Read,
    /// It changes what lasts.
    Write,
    /// It runs a function.
    Invoke,
}

/// One operation and what does it.
pub(crate) struct Operation {
    pub(crate) name: &'static str,
    pub(crate) access: Access,
    pub(crate) perform: fn(Arc<Server>, Context, Value) -> Performed,
}

macro_rules! index {
    ($($call:ident, $access:ident => $perform:path,)*) => {
        /// Every operation.
        pub(crate) static OPERATIONS: &[Operation] = &[$(Operation {
            name: stringify!($call),
            access: Access::$access,
            perform: |server, context, input| Box::pin(async move {
                let input = <$call as Call>::Input::from_value(input)
                    .map_err(|fault| Fault::new("SerializationException", 400, fault.to_string()))?;
                $perform(&server, &context, input).await.map_err(Fault::from)
            }),
        }),*];
    };
}

index! {
    CreateFunction, Write => function::create_function,
    DeleteFunction, Write => function::delete_function,
    DeleteLayerVersion, Write => layer::delete_layer_version,
    GetFunction, Read => function::get_function,
    GetFunctionConfiguration, Read => function::get_function_configuration,
    GetLayerVersion, Read => layer::get_layer_version,
    GetLayerVersionByArn, Read => layer::get_layer_version_by_arn,
    Invoke, Invoke => invocation::invoke,
    ListFunctions, Read => function::list_functions,
    ListLayerVersions, Read => layer::list_layer_versions,
    ListLayers, Read => layer::list_layers,
    PublishLayerVersion, Write => layer::publish_layer_version,
    UpdateFunctionCode, Write => function::update_function_code,
    UpdateFunctionConfiguration, Write => function::update_function_configuration,
}

/// What does the operation of that name.
pub(crate) fn find(name: &str) -> Option<&'static Operation> {
    OPERATIONS.iter().find(|operation| operation.name == name)
}
