module github.com/serverless-shop/serverless-shop/tools/install

go 1.26
