//! Paths that follow a tree of modules: `crate`, `self` and `super`.

use crate::graph::edges::EdgeKind;
use crate::graph::testing::{Sample, check};

#[test]
fn a_base_that_is_said_outside_of_its_type_is_one_of_its_bases() {
    let text = "
== shop/src/lib.rs
struct Shelf
== shop/src/read.rs
trait Readable
  method title(self)
== shop/src/shelf.rs
from crate import Shelf
from crate::read import Readable
base Shelf -> Readable
function open(shelf: Shelf)
  call shelf.title       # -> shop::read::Readable::title 0.9
";
    check(text);
    let sample = Sample::read(text);
    let resolved = sample.resolve();
    let inherits = (sample.node("shop::Shelf"), sample.node("shop::read::Readable"));
    let found = resolved.edges.iter().find(|edge| (edge.source, edge.target) == inherits);
    assert_eq!(found.map(|edge| edge.kind()), Some(EdgeKind::Inheritance));
}

#[test]
fn paths_follow_the_module_tree() {
    check(
        "
== web-core/src/lib.rs
from self::routing import Router
== web-core/src/routing/mod.rs
from super::io import Reader
from crate::io import open
struct Router
  let reader: Reader
method new() of Router -> Self static
  call open                      # -> web-core::io::open 0.95
method route(self) of Router
  call self.fallback             # -> web-core::routing::Router::fallback 0.95
  call self.reader.read          # -> web-core::io::Reader::read 0.9
  call Self::new                 # -> web-core::routing::Router::new 0.9
  call crate::io::close          # -> web-core::io::close 0.95
  call path::join                # -> web-core::routing::path::join 0.95
method fallback(self) of Router
== web-core/src/routing/path.rs
function join()
== web-core/src/io.rs
struct Reader
method read(self) of Reader
function open()
function close()
== web/src/main.rs
from web_core import Router
from web_core::routing import Router as Other
from std::collections import HashMap
function main()
  let router = Router::new
  call Router::new               # -> web-core::routing::Router::new 0.9
  call router.route              # -> web-core::routing::Router::route 0.8
  call HashMap::new              # -> nothing
function second(other: &mut Other)
  call other.route               # -> web-core::routing::Router::route 0.9
",
    );
}

#[test]
fn an_inline_module_is_closed_and_opened_by_use() {
    check(
        "
== app/src/lib.rs
function helper()
function other()
module tests
  from super import *
  from super import helper as aid
  function first()
    call helper                  # -> app::helper 0.85
  function again()
    call aid                     # -> app::helper 0.95
module sealed
  function second()
    call helper                  # -> nothing
    call super::helper           # -> app::helper 0.95
",
    );
}

#[test]
fn methods_of_an_implemented_trait_are_inherited() {
    check(
        "
== app/src/lib.rs
trait Handler
  method call(self)
struct Service(Handler)
function run(service: Arc<Service>)
  call service.call              # -> app::Handler::call 0.9
",
    );
}
