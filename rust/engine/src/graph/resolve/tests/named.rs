//! Modules are known by the names that they are given, wherever they stand.

use crate::graph::testing::check;

#[test]
fn a_module_is_called_by_its_whole_name_by_its_last_part_or_as_it_was_named_here() {
    check(
        "
== lib/conn.ex
module Plug.Conn
  function send(conn)
    call code            # -> Plug.Conn.code 1
    call Enum.map        # -> nothing
    call Status.code     # -> nothing
    call Plug.Conn.Status.code # -> Plug.Conn.Status.code 0.95
    call conn.close      # -> nothing
  function code()
    call __MODULE__.Status.code # -> Plug.Conn.Status.code 0.95
== lib/deeply/status.ex
module Plug.Conn.Status
  function code()
  function close()
== lib/router.ex
from Plug import Conn
from Plug.Conn import Status as State
module Router
  module Line
    function price()
  function run()
    call Conn.send       # -> Plug.Conn.send 0.95
    call Conn.Status.code # -> Plug.Conn.Status.code 0.95
    call State.close     # -> Plug.Conn.Status.close 0.95
    call Line.price      # -> Router.Line.price 0.95
    call send            # -> nothing
    call Ecto.Query.from # -> nothing
",
    );
}

#[test]
fn a_module_sees_what_it_imports_and_its_neighbours_do_not() {
    check(
        "
== lib/conn.ex
module Plug.Conn
  function send(conn)
  function halt(conn)
== lib/router.ex
module Router
  from Plug.Conn import *
  function run()
    call send            # -> Plug.Conn.send 0.85
module Other
  from Plug.Conn import halt
  function run()
    call send            # -> nothing
    call halt            # -> Plug.Conn.halt 0.95
",
    );
}
