-- Urgent tasks of all stages lie side by side, apart from the thousands that may wait: a commit writes one page of them.
DROP INDEX tasks_ready;
CREATE INDEX tasks_ready ON tasks(priority, stage, due_at, n) WHERE state = 'ready';
