//! Imports are paths to files, to the index file of a folder, and through re-exports.

use crate::graph::testing::check;

#[test]
fn paths_lead_to_files_index_files_and_through_re_exports() {
    check(
        "
== src/app.ts
from ./router import Router
from ./util/index.js import clamp
from ./models import User
import ./models as models
from react import useState
function main()
  let router = Router
  call Router            # -> src/router.Router 0.95, src/router.Router.constructor 0.95
  call router.add        # -> src/router.Router.add 0.8
  call clamp             # -> src/util/index.clamp 0.95
  call models.make       # -> src/models/index.make 0.95
  call useState          # -> nothing
  type User              # -> src/models/user.User 0.95
== src/router.ts
class Router
  method constructor() constructor
  method add(path)
    call this.match      # -> src/router.Router.match 0.95
    call console.log     # -> nothing
  method match()
== src/util/index.ts
function clamp()
function log()
== src/models/index.ts
from ./user import *
function make()
== src/models/user.ts
interface User
",
    );
}

#[test]
fn javascript_and_typescript_are_one_family_and_scripts_share_their_names() {
    check(
        "
== page.js
function start()
  call paint             # -> draw.paint 0.7
  call parseInt          # -> nothing
== draw.js
function paint()
== typed.ts
from ./draw import paint
from ./thing import Main as default
function go()
  call paint             # -> draw.paint 0.95
== thing.js
class Main
",
    );
}

#[test]
fn a_default_export_is_what_bears_the_name_it_is_given() {
    check(
        "
== a.js
from ./logger import default as Logger
from @/deep/tool import run
function go()
  call Logger            # -> logger.Logger 0.95
  call run               # -> src/deep/tool.run 0.95
== logger.js
class Logger
== src/deep/tool.js
function run()
",
    );
}

#[test]
fn a_path_with_an_extension_and_no_dots_before_it_lies_beside() {
    check(
        "
== lib/app.ts
from util.ts import clamp
from parts/list.ts import push
function main()
  call clamp             # -> lib/util.clamp 0.95
  call push              # -> lib/parts/list.push 0.95
== lib/util.ts
function clamp()
== util.ts
function clamp()
== lib/parts/list.ts
function push()
",
    );
}

#[test]
fn the_name_of_a_package_stands_for_its_folder_of_sources() {
    check(
        "
== pkgs/shop/bin/main.dart
from package:shop/src/cart.dart import *
from package:money/money.dart import Cash
from helper.dart import help
from package:foreign/shop.dart import Till
function main()
  call pick              # -> pkgs/shop/lib/src/cart.dart.pick 0.85
  call Cash              # -> pkgs/money/lib/money.dart.Cash 0.95
  call help              # -> pkgs/shop/bin/helper.dart.help 0.95
  call Till              # -> nothing
== pkgs/shop/bin/helper.dart
function help()
== pkgs/shop/lib/src/cart.dart
function pick()
== pkgs/money/lib/money.dart
class Cash
",
    );
}
