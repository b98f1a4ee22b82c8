CREATE TABLE products (id serial PRIMARY KEY, name text NOT NULL UNIQUE);
INSERT INTO products (name) VALUES ('Lampe'), ('Écran');
