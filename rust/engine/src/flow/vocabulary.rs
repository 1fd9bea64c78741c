//! The closed vocabulary of `flow.toml`: what a node does to the flow, and what the places in it are called.

use serde::Deserialize;

/// Writes an enum of names as `flow.toml` spells them, and the list of all of them.
macro_rules! vocabulary {
    ($(#[$of:meta])* $name:ident { $($(#[$each:meta])* $variant:ident = $text:literal,)* }) => {
        $(#[$of])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $name { $($(#[$each])* $variant,)* }

        impl $name {
            pub const ALL: &[(&str, $name)] = &[$(($text, $name::$variant),)*];

            pub fn named(text: &str) -> Option<Self> {
                Self::ALL.iter().find(|(name, _)| *name == text).map(|(_, value)| *value)
            }
        }
    };
}

vocabulary! {
    /// What a node does to the flow.
    Role {
        /// Its children are statements, one after another, and a scope of names.
        Block = "block",
        /// Nothing in it runs: types, attributes, comments.
        Skip = "skip",
        /// Only the `parts` run, in the order of the row.
        Expression = "expression",
        /// `object` and `property`; a variable of its own where the object is one of `self_names`.
        Member = "member",
        If = "if",
        /// A further condition of the `if` whose part `elif` it is.
        Elif = "elif",
        /// An `if` that is an expression by nature: `c ? a : b`; its else costs nothing.
        Conditional = "conditional",
        While = "while",
        DoWhile = "do-while",
        For = "for",
        ForEach = "for-each",
        /// Without a condition.
        Loop = "loop",
        Switch = "switch",
        Case = "case",
        Try = "try",
        Catch = "catch",
        Return = "return",
        Throw = "throw",
        Break = "break",
        Continue = "continue",
        Goto = "goto",
        Label = "label",
        /// Goes on with the body of the next case.
        Fallthrough = "fallthrough",
        /// Begins the `try` around it again.
        Retry = "retry",
        /// Its `body` runs when the block around it is left.
        Defer = "defer",
        /// Goes on only if `condition` holds, and binds `target`; `else` leaves.
        Guard = "guard",
        /// Enters `resources`, and leaves them after `body` on every way out.
        With = "with",
        /// `body` for each of `clauses`, which are `for-each` and `filter`.
        Comprehension = "comprehension",
        Filter = "filter",
        ShortCircuit = "short-circuit",
        Not = "not",
        /// Returns early from the function if `value` says so (`?`).
        Propagate = "propagate",
        Assert = "assert",
        /// Gives `value` out and waits; what comes back may be an exception.
        Yield = "yield",
        Assign = "assign",
        Augment = "augment",
        Declare = "declare",
        Update = "update",
        Delete = "delete",
        /// Its names belong to a scope around the function (`nonlocal`).
        Outer = "outer",
        Parameter = "parameter",
        /// Of a pattern: `targets` are bound, `value` is evaluated.
        Pattern = "pattern",
        Call = "call",
        /// Ends the program.
        Exit = "exit",
        /// Has a graph of its own, and is one statement of the graph around.
        Function = "function",
        Class = "class",
    }
}

vocabulary! {
    /// What a row may name a place for.
    Part {
        Condition = "condition",
        Then = "then",
        Elif = "elif",
        Else = "else",
        Init = "init",
        Update = "update",
        Body = "body",
        Target = "target",
        Iterable = "iterable",
        Subject = "subject",
        Cases = "cases",
        Patterns = "patterns",
        Guard = "guard",
        Handlers = "handlers",
        Finally = "finally",
        Value = "value",
        Label = "label",
        Name = "name",
        Parameters = "parameters",
        Object = "object",
        Property = "property",
        Left = "left",
        Operator = "operator",
        Right = "right",
        Resources = "resources",
        Clauses = "clauses",
        Callee = "callee",
        Parts = "parts",
    }
}

pub const PARTS: usize = Part::ALL.len();

/// How an operator decides whether its right side runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Logic {
    /// Only after a true left side.
    And,
    /// Only after a false left side.
    Or,
    /// Only after a left side that is nothing.
    Nothing,
    /// Turns the condition round.
    Not,
}
