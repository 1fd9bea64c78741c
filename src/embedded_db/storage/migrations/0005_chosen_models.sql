-- The models that a file is woven with, by stage, where they are not the light ones.
CREATE TABLE chosen_models (
    stage TEXT PRIMARY KEY,                     -- embed, entities, summarise
    model TEXT NOT NULL                         -- name or folder, as it was given
) STRICT, WITHOUT ROWID;
