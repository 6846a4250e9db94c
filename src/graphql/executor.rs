use std::{any::TypeId, cell::Cell, sync::Arc};

use async_graphql::{
    Request, Response,
    parser::types::{OperationDefinition, OperationType, Selection},
};
use futures_util::{
    FutureExt, StreamExt,
    future::{BoxFuture, Either},
    stream::BoxStream,
};
use tokio::time::{Instant, timeout_at};
use tokio_util::task::{AbortOnDropHandle, TaskTracker};
use tracing::{Instrument, Span};

use super::{
    ApiError, RequestId, ShopSchema, build_schema,
    counted::count,
    document::{Document, Documents},
    error::complete,
    figures::{Figures, Kind},
    freshness::may_be_old,
    loader::{LoadQueue, Loaders, drive, drive_stream},
    mended,
    response_nulls::with_nulls,
    response_order::{chosen, in_query_order},
};
use crate::{
    app::App,
    fault::Fault,
    panics::{caught, caught_at_once, caught_stream},
    rate::{Asker, Lefts, Turn},
    text::{Language, message},
    trace,
};

/// What executing needs, made once.
pub struct Api {
    schema: ShopSchema,
    app: Arc<App>,
    documents: Documents,
}

impl Api {
    /// The API of a shop.
    #[must_use]
    pub fn new(app: Arc<App>) -> Self {
        Self {
            schema: build_schema(Some(app.clone())),
            documents: Documents::new(app.limits.documents.clone()),
            app,
        }
    }
}

/// Executes operations: gives each its loaders, and completes its responses. All transports use it.
#[derive(Clone)]
pub struct ShopExecutor {
    api: Arc<Api>,
    request_id: RequestId,
}

/// An operation that has begun.
pub enum Begun {
    /// What is not executed; its headers say when it may be tried again.
    Refused(Box<Response>),
    /// A query or a mutation: it has one response.
    Answer(BoxFuture<'static, Response>),
    /// A subscription.
    Events(BoxStream<'static, Response>),
}

impl ShopExecutor {
    fn figures(&self) -> &Figures {
        &self.api.app.operations
    }

    /// For one request, or one WebSocket connection.
    #[must_use]
    pub fn new(api: Arc<Api>, request_id: RequestId) -> Self {
        Self { api, request_id }
    }

    /// What kind of operation is asked for, if that can be told.
    #[must_use]
    pub fn operation_type(&self, request: &Request) -> Option<OperationType> {
        let document = self
            .api
            .documents
            .find(&request.query, held(request))
            .ok()?;
        let operation = chosen(&document.executable, request.operation_name.as_deref());
        operation.map(|operation| operation.ty)
    }

    /// Begins an operation. A query or a mutation is executed in a task of its own, one of those. A mutation is executed
    /// though nobody waits for it: a client that hangs up cancels nothing half-way. A query that nobody waits for ends, and
    /// so do its statements.
    #[must_use]
    pub fn begin(&self, request: Request, tasks: &TaskTracker) -> Begun {
        let queue = LoadQueue::default();
        let (request, finish) = match self.prepare(request, &queue) {
            Ok(prepared) => prepared,
            Err(refusal) => return Begun::Refused(refusal),
        };
        if finish.kind() == Kind::Subscription {
            self.figures().subscription_begins();
            let responses = self.api.schema.execute_stream(request);
            let responses = caught_stream(drive_stream(responses, queue));
            let responses = responses
                .map(move |response| finish.apply(response.unwrap_or_else(failed)))
                .boxed();
            return Begun::Events(responses);
        }
        Begun::Answer(self.executed(request, finish, queue, tasks).boxed())
    }

    /// The one response of an operation; a subscription is refused.
    pub async fn answer(&self, request: Request, tasks: &TaskTracker) -> Response {
        let queue = LoadQueue::default();
        match self.prepare(request, &queue) {
            Ok((_, finish)) if finish.kind() == Kind::Subscription => {
                let refused = ApiError::bad_request(message!("graphql-not-over-post"));
                finish.apply(Response::from_errors(vec![refused.at_the_root()]))
            }
            Ok((request, finish)) => self.executed(request, finish, queue, tasks).await,
            Err(refusal) => *refusal,
        }
    }

    fn executed(
        &self,
        request: Request,
        finish: Finish,
        queue: LoadQueue,
        tasks: &TaskTracker,
    ) -> impl Future<Output = Response> + Send + use<> {
        let (api, language) = (self.api.clone(), finish.language);
        let span = finish.span();
        let is_query = finish.kind() == Kind::Query;
        let until = is_query.then(|| finish.begun + api.app.limits.query_within);
        let execution = async move {
            let executed = caught(in_time(until, drive(api.schema.execute(request), queue)))
                .instrument(span)
                .await;
            finish.apply(executed.flatten().unwrap_or_else(failed))
        };
        let execution = tasks.spawn(execution.in_current_span());
        let execution = if is_query {
            Either::Left(AbortOnDropHandle::new(execution))
        } else {
            Either::Right(execution)
        };
        let executor = self.clone();
        async move {
            let executed = execution.await.map_err(Fault::from);
            executed.unwrap_or_else(|fault| executor.died(fault, language))
        }
    }

    /// The answer to an operation that can say nothing for itself.
    fn died(&self, fault: Fault, language: Language) -> Response {
        let response = complete(failed(fault), &self.request_id, language);
        self.figures().failed(&response);
        response
    }

    /// The request with its document and loaders, and what is to be done to its responses; or its refusal.
    fn prepare(
        &self,
        request: Request,
        queue: &LoadQueue,
    ) -> Result<(Request, Finish), Box<Response>> {
        let language = known(&request).unwrap_or_default();
        caught_at_once(|| self.prepared(request, queue))
            .unwrap_or_else(|panicked| Err(Box::new(self.died(panicked, language))))
    }

    fn prepared(
        &self,
        mut request: Request,
        queue: &LoadQueue,
    ) -> Result<(Request, Finish), Box<Response>> {
        let begun = Instant::now();
        let language = known(&request).unwrap_or_default();
        let refuse = |errors| {
            let response = Response::from_errors(errors);
            let response = complete(response, &self.request_id, language);
            self.figures().refused_unread(&response);
            Box::new(response)
        };
        let documents = &self.api.documents;
        let document = documents
            .find(&request.query, held(&request))
            .map_err(refuse)?;
        let identity = known(&request).unwrap_or_default();
        let mut finish = Finish {
            document,
            operation_name: request.operation_name.clone(),
            request_id: self.request_id.clone(),
            language,
            begun,
            figures: self.figures().clone(),
            left: Lefts::default(),
            turn: None,
            is_answered: Cell::new(false),
        };
        if let Some(operation) = finish.operation() {
            let (name, variables) = (request.operation_name.as_deref(), &mut request.variables);
            let cost = documents
                .admit(&finish.document, operation, name, variables)
                .map_err(|error| Box::new(finish.apply(Response::from_errors(vec![error]))))?;
            let operation = mended::executed(operation, &request.variables);
            let asker = Asker::of(identity, known(&request).unwrap_or_default());
            let rates = &self.api.app.rates;
            let counted = count(rates, &operation, cost, asker, &mut finish.left);
            finish.turn = counted.map_err(|error| {
                let refused = Response::from_errors(vec![error.at_the_root()]);
                Box::new(finish.apply(refused))
            })?;
            request.set_parsed_query(finish.document.of_one(operation));
            request.operation_name = None;
        } else {
            // Refused by the framework, which says why.
            request.set_parsed_query(finish.document.executable.clone());
        }
        let may_be_old = finish
            .operation()
            .is_some_and(|operation| may_be_old(&finish.document.executable, operation, identity));
        let loaders = Loaders::new(self.api.app.db.clone(), may_be_old, queue.clone());
        Ok((request.data(loaders), finish))
    }
}

/// What the execution comes to, if it does by then.
fn in_time<T>(
    until: Option<Instant>,
    execution: impl Future<Output = T>,
) -> impl Future<Output = Result<T, Fault>> {
    match until {
        Some(until) => {
            let executed = timeout_at(until, execution);
            Either::Left(executed.map(|executed| executed.map_err(|_| Fault::TookTooLong)))
        }
        None => Either::Right(execution.map(Ok)),
    }
}

/// A response of nothing but the fault.
fn failed(fault: Fault) -> Response {
    Response::from_errors(vec![ApiError::from(fault).at_the_root()])
}

/// What is known of the request: its language, who calls.
fn known<T: Copy + 'static>(request: &Request) -> Option<T> {
    held(request).copied()
}

/// What the request brings beside its parameters.
fn held<T: 'static>(request: &Request) -> Option<&T> {
    request.data.get(&TypeId::of::<T>())?.downcast_ref()
}

/// What is done to each response of a request before it leaves.
struct Finish {
    document: Arc<Document>,
    operation_name: Option<String>,
    request_id: RequestId,
    language: Language,
    begun: Instant,
    figures: Figures,
    /// How much more may be asked for, where that is counted.
    left: Lefts,
    /// The request is under way.
    turn: Option<Turn>,
    is_answered: Cell<bool>,
}

impl Drop for Finish {
    fn drop(&mut self) {
        if !self.is_answered.get() && self.kind() == Kind::Query {
            self.figures.abandoned();
        }
    }
}

impl Finish {
    fn operation(&self) -> Option<&OperationDefinition> {
        chosen(&self.document.executable, self.operation_name.as_deref())
    }

    fn kind(&self) -> Kind {
        match self.operation().map(|operation| operation.ty) {
            Some(OperationType::Query) => Kind::Query,
            Some(OperationType::Mutation) => Kind::Mutation,
            Some(OperationType::Subscription) => Kind::Subscription,
            None => Kind::Unread,
        }
    }

    /// The span of executing it, which bears the name of the operation's first field.
    fn span(&self) -> Span {
        let first = || match &self.operation()?.selection_set.node.items.first()?.node {
            Selection::Field(field) => Some(field.node.name.node.as_str()),
            _ => None,
        };
        let kind = self.kind().name();
        tracing::trace_span!(
            target: trace::TARGET,
            "operation",
            otel.name = format!("{kind} {}", first().unwrap_or("…")),
            graphql.operation.type = kind
        )
    }

    fn apply(&self, mut response: Response) -> Response {
        self.is_answered.set(true);
        if let Some(operation) = self.operation() {
            let document = &self.document.executable;
            let data = std::mem::take(&mut response.data);
            let data = with_nulls(data, &response.errors, document, operation);
            response.data = in_query_order(data, document, operation);
        }
        let mut response = complete(response, &self.request_id, self.language);
        response.http_headers.extend(self.left.headers());
        let time = self.begun.elapsed();
        self.figures.answered(self.kind(), &response, time);
        response
    }
}
