use std::sync::Arc;

use async_graphql::{Data, Executor, Request, Response};
use futures_util::{StreamExt, stream::BoxStream};

use super::{
    RequestId, ShopSchema,
    error::complete,
    loader::{LoadQueue, drive, drive_stream},
    response_nulls::with_nulls,
    response_order::{chosen, in_query_order},
};
use crate::app::App;

/// Executes operations: gives each its loaders, and completes its errors. Both transports use it.
#[derive(Clone)]
pub struct ShopExecutor {
    schema: ShopSchema,
    app: Arc<App>,
    request_id: RequestId,
}

impl ShopExecutor {
    /// For one request, or one WebSocket connection.
    #[must_use]
    pub fn new(schema: ShopSchema, app: Arc<App>, request_id: RequestId) -> Self {
        Self {
            schema,
            app,
            request_id,
        }
    }
}

impl Executor for ShopExecutor {
    async fn execute(&self, mut request: Request) -> Response {
        let queue = LoadQueue::default();
        let finish = self.finish(&mut request);
        let request = request.data(queue.loaders(self.app.db.clone()));
        finish(drive(self.schema.execute(request), queue).await)
    }

    fn execute_stream(
        &self,
        mut request: Request,
        session_data: Option<Arc<Data>>,
    ) -> BoxStream<'static, Response> {
        let queue = LoadQueue::default();
        let finish = self.finish(&mut request);
        let request = request.data(queue.loaders(self.app.db.clone()));
        let responses = Executor::execute_stream(&self.schema, request, session_data);
        drive_stream(responses, queue).map(finish).boxed()
    }
}

impl ShopExecutor {
    /// What is done to each response of a request before it leaves.
    fn finish(
        &self,
        request: &mut Request,
    ) -> impl Fn(Response) -> Response + Send + Sync + use<> + 'static {
        // A document that cannot be read gives no data to be ordered.
        let document = request.parsed_query().ok().cloned();
        let operation_name = request.operation_name.clone();
        let request_id = self.request_id.clone();
        move |mut response| {
            if let Some(document) = &document
                && let Some(operation) = chosen(document, operation_name.as_deref())
            {
                let data = std::mem::take(&mut response.data);
                let data = with_nulls(data, &response.errors, document, operation);
                response.data = in_query_order(data, document, operation);
            }
            complete(response, &request_id)
        }
    }
}
