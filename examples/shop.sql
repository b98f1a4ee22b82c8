CREATE TABLE products (id int PRIMARY KEY, name text NOT NULL, price int NOT NULL);
CREATE TABLE orders (id int PRIMARY KEY, product_id int NOT NULL REFERENCES products, quantity int NOT NULL, day date NOT NULL);

INSERT INTO products VALUES (1, 'lamp', 20), (2, 'desk', 150), (3, 'chair', 80), (4, 'shelf', 60);
INSERT INTO orders VALUES
  (1, 1, 3, '2026-01-05'),
  (2, 2, 1, '2026-01-07'),
  (3, 3, 2, '2026-01-07'),
  (4, 1, 1, '2026-02-01');
