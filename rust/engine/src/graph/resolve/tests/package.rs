//! Files declare their package, and see it and what they import.

use crate::graph::testing::check;

#[test]
fn a_whole_name_from_the_package_on_needs_no_import() {
    check(
        "
== a/Main.java
package org.shop
class Main(org.shop.db.Pool)
  method run()
    call org.shop.db.Pool.make # -> org.shop.db.Pool.make 0.9
    call this.get        # -> org.shop.db.Pool.get 0.9
    call org.other.Pool.make # -> nothing
== b/Pool.java
package org.shop.db
function trim() of String
class Pool
  method make() static
  method get()
",
    );
}

#[test]
fn a_function_that_extends_a_type_is_a_member_of_its_package_too() {
    check(
        "
== a/Main.kt
package shop.app
from shop.web import routing
from shop.core import *
function run(server: Server)
  call routing           # -> shop.web.Server.routing 0.95
  call server.start      # -> nothing
  call install           # -> shop.core.Server.install 0.85
== b/Web.kt
package shop.web
function routing() of Server
== c/Core.kt
package shop.core
function install() of Server
",
    );
}

#[test]
fn declared_packages_see_themselves_and_what_they_import() {
    check(
        "
== a/Main.java
package org.shop
from org.shop.db import Pool
from org.shop.util import *
from org.shop.math.Numbers import clamp
from java.util import List
class Main(Base)
  let pool: Pool
  let list: List
  method run()
    call pool.get        # -> org.shop.db.Pool.get 0.9
    call list.add        # -> nothing
    call helper          # -> org.shop.Main.helper 0.95
    call inherited       # -> org.shop.Base.inherited 0.9
    call clamp           # -> org.shop.math.Numbers.clamp 0.95
    call Text.trim       # -> org.shop.util.Text.trim 0.9
    call Pool            # -> org.shop.db.Pool 0.95, org.shop.db.Pool.Pool 0.95
    call Neighbour.make  # -> org.shop.Neighbour.make 0.9
    call Math.max        # -> nothing
    call this.run        # -> org.shop.Main.run 0.95
  method helper()
  method add()
== a/Base.java
package org.shop
class Base
  method inherited()
  method max()
== b/Neighbour.java
package org.shop
class Neighbour
  method make() static
== b/Pool.java
package org.shop.db
class Pool
  method Pool() constructor
  method get()
== b/Text.java
package org.shop.util
class Text
  method trim() static
== b/Numbers.java
package org.shop.math
class Numbers
  method clamp() static
",
    );
}

#[test]
fn overloads_share_the_confidence() {
    check(
        "
== P.java
package p
class P
  method print()
  method print()
  method all()
    call print           # -> p.P.print 0.475, p.P.print 0.475
",
    );
}

#[test]
fn the_language_s_own_package_needs_no_import() {
    check(
        "
== S.java
package java.lang
class StringBuilder
  method append()
== P.java
package p
class P
  method run(b: StringBuilder)
    call b.append        # -> java.lang.StringBuilder.append 0.9
",
    );
}

#[test]
fn a_package_sees_the_packages_around_it_and_parts_of_a_type_see_each_other() {
    check(
        "
== Cart.cs
package Shop
import System.*
class Cart
  method Add()
    call Check              # -> Shop.Cart.Check 0.9
  method Drop()
    call this.Check         # -> Shop.Cart.Check 0.9
== Cart.Checks.cs
package Shop
class Cart
  method Check()
== Till.cs
package Shop.Core
import System.*
class Till
  method Open(cart: Cart)
    call cart.Check         # -> Shop.Cart.Check 0.9
    type Cart               # -> Cart.Checks.cs#Cart 0.475, Cart.cs#Cart 0.475
",
    );
}
