//! A folder is a package, and an import ends with its path.

use crate::graph::testing::check;

#[test]
fn a_folder_is_a_package_and_imports_end_with_it() {
    check(
        "
== main.go
import github.com/owner/shop/internal/store
import github.com/owner/shop/web as server
import github.com/stretchr/testify/web
import encoding/json
function main()
  let s = store.Open
  call store.Open        # -> internal/store.Open 0.95
  call s.Get             # -> internal/store.Store.Get 0.8
  call server.Run        # -> web.Run 0.95
  call json.Marshal      # -> nothing
  call helper            # -> helper 0.95
== util.go
function helper()
== internal/store/open.go
function Open() -> (*Store, error)
  call validate          # -> internal/store.validate 0.95
== internal/store/store.go
struct Store
method Get of *Store
  let s: *Store
  call s.lock            # -> internal/store.Store.lock 0.9
method lock of *Store
function validate()
== web/web.go
function Run()
function Marshal()
== json/json.go
function Marshal()
",
    );
}

#[test]
fn folders_may_lie_deeper_than_import_paths_say() {
    check(
        "
== src/cmd/tool.go
import encoding/json
import net/http
import os/exec
function main()
  call json.Marshal      # -> src/encoding/json.Marshal 0.95
  call http.Get          # -> src/net/http.Get 0.95
== src/encoding/json/a.go
function Marshal()
== src/net/http/a.go
function Get()
== src/os/exec/a.go
function Run()
",
    );
}
