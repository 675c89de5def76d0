//! What a route is: a method and a path template, a handler, and the description that follows from the handler's types.
//!
//! A handler is a function that takes the [`Call`], then up to two inputs, and returns a [`Reply`]. The inputs say what is
//! read from the request and which errors that can cause; the reply says which statuses and bodies are possible. Dispatch and
//! the OpenAPI document use the same types, so neither can differ from the handler.

use std::future::{Future, ready};

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use futures_util::future::LocalBoxFuture;
use schemars::{JsonSchema, SchemaGenerator};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use crate::control::problem::{self, Problem, ProblemCode};
use crate::control::{Call, openapi};

pub(super) type Answer = Result<HttpResponse, Problem>;

/// One operation of the control plane.
pub(super) struct Route {
    pub(super) method: &'static str,
    /// The path below `/_mimic`. A segment in braces is a parameter, which `routes::PARAMETERS` describes.
    pub(super) path: &'static str,
    /// The operation's name for generated clients, such as `addFault`.
    pub(super) id: &'static str,
    pub(super) summary: &'static str,
    /// The problems it can answer with, besides those that follow from its inputs.
    pub(super) problems: &'static [ProblemCode],
    /// Whether it is for a person with a browser, and not for programs: it is not described, and its problems are pages.
    pub(super) is_page: bool,
    pub(super) answer: fn(Call) -> LocalBoxFuture<'static, Answer>,
    pub(super) describe: fn(&mut Operation<'_>),
}

impl Route {
    /// Adds the problems of which the handler's inputs know nothing.
    pub(super) const fn problems(mut self, problems: &'static [ProblemCode]) -> Self {
        self.problems = problems;
        self
    }

    /// Marks a route for a person with a browser.
    pub(super) const fn page(mut self) -> Self {
        self.is_page = true;
        self
    }

    /// The values of the parameters if the path has this route's form.
    pub(super) fn parameters(&self, segments: &[String]) -> Option<Vec<String>> {
        let own = segments_of(self.path);
        if own.len() != segments.len() {
            return None;
        }
        let mut values = Vec::new();
        for (own, segment) in own.into_iter().zip(segments) {
            match parameter(own) {
                // An empty value would let `DELETE /faults/{id}` with an unset variable read like `DELETE /faults`.
                Some(_) if segment.is_empty() => return None,
                Some(_) => values.push(segment.clone()),
                None if own == segment => {}
                None => return None,
            }
        }
        Some(values)
    }
}

/// The segments of a path or template; the root has none.
pub(super) fn segments_of(path: &str) -> Vec<&str> {
    match path.strip_prefix('/').unwrap_or(path) {
        "" => Vec::new(),
        path => path.split('/').collect(),
    }
}

/// The name of the parameter if the segment of a template is one.
pub(super) fn parameter(segment: &str) -> Option<&str> {
    segment.strip_prefix('{')?.strip_suffix('}')
}

/// Makes a [`Route`] of a handler's path. The handler's types decide what is read and what is described.
macro_rules! route {
    ($method:ident, $path:literal, $id:literal, $summary:literal, $handler:expr) => {
        Route {
            method: stringify!($method),
            path: $path,
            id: $id,
            summary: $summary,
            problems: &[],
            is_page: false,
            answer: |call| $crate::control::route::Handler::answer(&$handler, call),
            describe: |operation| {
                $crate::control::route::Handler::describe(&$handler, operation);
            },
        }
    };
}
pub(super) use route;

/// A function that answers a call. `Form` tells the kinds of functions apart.
pub(super) trait Handler<Form> {
    fn answer(&self, call: Call) -> LocalBoxFuture<'static, Answer>;
    fn describe(&self, operation: &mut Operation<'_>);
}

impl<F, R> Handler<(R,)> for F
where
    F: Fn(&Call) -> R,
    R: Reply,
{
    fn answer(&self, call: Call) -> LocalBoxFuture<'static, Answer> {
        Box::pin(ready(self(&call).respond(&call)))
    }

    fn describe(&self, operation: &mut Operation<'_>) {
        R::describe(operation);
    }
}

impl<F, A, R> Handler<(A, R)> for F
where
    F: Fn(&Call, A) -> R,
    A: Input,
    R: Reply,
{
    fn answer(&self, call: Call) -> LocalBoxFuture<'static, Answer> {
        Box::pin(ready(
            A::read(&call).and_then(|a| self(&call, a).respond(&call)),
        ))
    }

    fn describe(&self, operation: &mut Operation<'_>) {
        A::describe(operation);
        R::describe(operation);
    }
}

impl<F, A, B, R> Handler<(A, B, R)> for F
where
    F: Fn(&Call, A, B) -> R,
    A: Input,
    B: Input,
    R: Reply,
{
    fn answer(&self, call: Call) -> LocalBoxFuture<'static, Answer> {
        let answer = A::read(&call)
            .and_then(|a| Ok((a, B::read(&call)?)))
            .and_then(|(a, b)| self(&call, a, b).respond(&call));
        Box::pin(ready(answer))
    }

    fn describe(&self, operation: &mut Operation<'_>) {
        A::describe(operation);
        B::describe(operation);
        R::describe(operation);
    }
}

/// The form of a handler that waits; it takes the call by value.
pub(super) struct Async<A, Fut>(std::marker::PhantomData<(A, Fut)>);

impl<F, A, Fut, R> Handler<Async<A, Fut>> for F
where
    F: Fn(Call, A) -> Fut,
    Fut: Future<Output = R> + 'static,
    A: Input,
    R: Reply,
{
    fn answer(&self, call: Call) -> LocalBoxFuture<'static, Answer> {
        match A::read(&call) {
            Err(problem) => Box::pin(ready(Err(problem))),
            Ok(input) => {
                let reply = self(call.clone(), input);
                Box::pin(async move { reply.await.respond(&call) })
            }
        }
    }

    fn describe(&self, operation: &mut Operation<'_>) {
        A::describe(operation);
        R::describe(operation);
    }
}

/// Something that a handler reads from the request.
pub(super) trait Input: Sized {
    fn read(call: &Call) -> Result<Self, Problem>;
    fn describe(operation: &mut Operation<'_>);
}

/// Nothing of the request.
impl Input for () {
    fn read(_: &Call) -> Result<Self, Problem> {
        Ok(())
    }

    fn describe(_: &mut Operation<'_>) {}
}

/// The values of the path's parameters, percent-decoded, in order.
pub(super) struct Path<const N: usize>(pub(super) [String; N]);

impl<const N: usize> Input for Path<N> {
    fn read(call: &Call) -> Result<Self, Problem> {
        let values = call.parameters.clone().try_into();
        // A test compares N with the template.
        values
            .map(Self)
            .map_err(|_| Problem::new(ProblemCode::NotFound, "the path has other parameters"))
    }

    fn describe(operation: &mut Operation<'_>) {
        operation.path_parameters = N;
    }
}

/// The body, which must be there.
pub(super) struct Body<T>(pub(super) T);

impl<T: DeserializeOwned + JsonSchema> Input for Body<T> {
    fn read(call: &Call) -> Result<Self, Problem> {
        problem::read(&call.body).map(Self)
    }

    fn describe(operation: &mut Operation<'_>) {
        operation.body::<T>(true);
    }
}

/// The body, or the type's default if there is none.
pub(super) struct OptionalBody<T>(pub(super) T);

impl<T: DeserializeOwned + Default + JsonSchema> Input for OptionalBody<T> {
    fn read(call: &Call) -> Result<Self, Problem> {
        if call.body.trim_ascii().is_empty() {
            Ok(Self(T::default()))
        } else {
            problem::read(&call.body).map(Self)
        }
    }

    fn describe(operation: &mut Operation<'_>) {
        operation.body::<T>(false);
    }
}

/// The query.
pub(super) struct Query<T>(pub(super) T);

impl<T: DeserializeOwned + JsonSchema> Input for Query<T> {
    fn read(call: &Call) -> Result<Self, Problem> {
        problem::query(call.request.query_string()).map(Self)
    }

    fn describe(operation: &mut Operation<'_>) {
        operation.query::<T>();
    }
}

/// What a handler returns.
pub(super) trait Reply {
    fn respond(self, call: &Call) -> Answer;
    fn describe(operation: &mut Operation<'_>);
}

impl<R: Reply> Reply for Result<R, Problem> {
    fn respond(self, call: &Call) -> Answer {
        self?.respond(call)
    }

    fn describe(operation: &mut Operation<'_>) {
        R::describe(operation);
    }
}

/// 200 with a JSON body.
pub(super) struct Json<T>(pub(super) T);

impl<T: Serialize + JsonSchema> Reply for Json<T> {
    fn respond(self, _: &Call) -> Answer {
        Ok(json_response(StatusCode::OK, &self.0))
    }

    fn describe(operation: &mut Operation<'_>) {
        operation.answers::<T>(StatusCode::OK);
    }
}

/// 201 with a JSON body and the new resource's `Location` (RFC 9110 §15.3.2).
pub(super) struct Created<T> {
    /// Its path's segments below `/_mimic`, not encoded.
    pub(super) path: Vec<String>,
    pub(super) value: T,
}

impl<T> Created<T> {
    pub(super) fn at<const N: usize>(path: [&str; N], value: T) -> Self {
        Self {
            path: path.map(str::to_owned).into(),
            value,
        }
    }
}

impl<T: Serialize + JsonSchema> Reply for Created<T> {
    fn respond(self, call: &Call) -> Answer {
        let mut response = json_response(StatusCode::CREATED, &self.value);
        locate(&mut response, &call.location(&self.path));
        Ok(response)
    }

    fn describe(operation: &mut Operation<'_>) {
        operation.answers::<T>(StatusCode::CREATED);
    }
}

/// The answer to a PUT: 201 with `Location` for a new resource, 200 for one that was there.
pub(super) struct Put<T> {
    pub(super) created: bool,
    pub(super) value: T,
}

impl<T: Serialize + JsonSchema> Reply for Put<T> {
    fn respond(self, call: &Call) -> Answer {
        if !self.created {
            return Json(self.value).respond(call);
        }
        let mut response = json_response(StatusCode::CREATED, &self.value);
        locate(&mut response, call.request.path());
        Ok(response)
    }

    fn describe(operation: &mut Operation<'_>) {
        operation.answers::<T>(StatusCode::OK);
        operation.answers::<T>(StatusCode::CREATED);
    }
}

/// 204.
pub(super) struct NoContent;

impl Reply for NoContent {
    fn respond(self, _: &Call) -> Answer {
        Ok(HttpResponse::NoContent().finish())
    }

    fn describe(operation: &mut Operation<'_>) {
        operation.answer(StatusCode::NO_CONTENT, None);
    }
}

/// 200 with JSON that is written already. `T` says what it looks like.
pub(super) struct Written<T> {
    pub(super) json: String,
    pub(super) schema: std::marker::PhantomData<T>,
}

impl<T: JsonSchema> Reply for Written<T> {
    fn respond(self, _: &Call) -> Answer {
        Ok(HttpResponse::Ok()
            .content_type("application/json")
            .insert_header(("cache-control", "no-store"))
            .body(self.json))
    }

    fn describe(operation: &mut Operation<'_>) {
        operation.answers::<T>(StatusCode::OK);
    }
}

/// 200 with server-sent events (HTML Standard §9.2).
pub(super) struct Events(pub(super) HttpResponse);

impl Reply for Events {
    fn respond(self, _: &Call) -> Answer {
        Ok(self.0)
    }

    fn describe(operation: &mut Operation<'_>) {
        let text = json!({ "text/event-stream": { "schema": { "type": "string" } } });
        operation.answer(StatusCode::OK, Some(text));
    }
}

fn json_response<T: Serialize>(status: StatusCode, value: &T) -> HttpResponse {
    HttpResponse::build(status)
        .insert_header(("cache-control", "no-store"))
        .json(value)
}

fn locate(response: &mut HttpResponse, path: &str) {
    use actix_web::http::header::{HeaderValue, LOCATION};
    if let Ok(path) = HeaderValue::from_str(path) {
        response.headers_mut().insert(LOCATION, path);
    }
}

/// An operation's description while it is collected from the handler's types.
pub(super) struct Operation<'g> {
    pub(super) generator: &'g mut SchemaGenerator,
    /// How many parameters the handler takes from the path.
    pub(super) path_parameters: usize,
    pub(super) query: Vec<Value>,
    pub(super) body: Option<Value>,
    pub(super) responses: Map<String, Value>,
    /// What can go wrong by the handler's inputs.
    pub(super) problems: Vec<ProblemCode>,
}

impl<'g> Operation<'g> {
    pub(super) fn new(generator: &'g mut SchemaGenerator) -> Self {
        Self {
            generator,
            path_parameters: 0,
            query: Vec::new(),
            body: None,
            responses: Map::new(),
            problems: Vec::new(),
        }
    }

    fn body<T: JsonSchema>(&mut self, required: bool) {
        let schema = self.generator.subschema_for::<T>();
        self.body = Some(json!({
            "required": required,
            "content": { "application/json": { "schema": schema } },
        }));
        self.problems.extend([
            ProblemCode::InvalidBody,
            ProblemCode::BodyTooLarge,
            ProblemCode::BodyTimeout,
        ]);
    }

    pub(super) fn query<T: JsonSchema>(&mut self) {
        self.query
            .extend(openapi::query_parameters::<T>(self.generator));
        if !self.problems.contains(&ProblemCode::InvalidQuery) {
            self.problems.push(ProblemCode::InvalidQuery);
        }
    }

    fn answers<T: JsonSchema>(&mut self, status: StatusCode) {
        let schema = self.generator.subschema_for::<T>();
        self.answer(
            status,
            Some(json!({ "application/json": { "schema": schema } })),
        );
    }

    pub(super) fn answer(&mut self, status: StatusCode, content: Option<Value>) {
        let description = status.canonical_reason().unwrap_or_default();
        let mut response = json!({ "description": description });
        if let Some(content) = content {
            response["content"] = content;
        }
        if status == StatusCode::CREATED {
            response["headers"]["Location"] = json!({
                "description": "The path of the new resource.",
                "schema": { "type": "string", "format": "uri-reference" },
            });
        }
        self.responses.insert(status.as_str().to_owned(), response);
    }
}
