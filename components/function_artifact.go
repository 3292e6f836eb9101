package components

import (
	"archive/zip"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"os"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/lambda"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/s3"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// maxUnpackedBytes is the most that Lambda unpacks of a zip and its layers ("Lambda quotas" in the developer guide); a zip from S3 has no
// smaller limit of its own.
const maxUnpackedBytes = 250 * 1024 * 1024

// maxArchiveBytes is how large the zip may be on the way that it takes.
func (a *FunctionArgs) maxArchiveBytes() int64 {
	if a.Artifacts != nil {
		return maxUnpackedBytes
	}
	return maxZipBytes
}

// checkContent wants what Lambda can unpack and start. A layer may bring what is started.
func checkContent(archive string, layered bool) error {
	content, err := zip.OpenReader(archive)
	if err != nil {
		return fmt.Errorf("reading the function's package %s: %w; want a zip", archive, err)
	}
	defer content.Close()
	size, started := uint64(0), layered
	for _, file := range content.File {
		size += file.UncompressedSize64
		started = started || file.Name == "bootstrap"
	}
	if size > maxUnpackedBytes {
		return fmt.Errorf("package %s is %d bytes unpacked, want at most %d (Lambda quota)", archive, size, maxUnpackedBytes)
	}
	if !started {
		return fmt.Errorf("package %s has no file bootstrap at its root, want the executable that the runtime starts", archive)
	}
	return nil
}

// load says where Lambda gets the function's code from: with the request that creates the function, or from the store of artifacts.
//
// An artifact's key holds the hash of its content, so an unchanged zip is neither uploaded nor deployed again, and it stays when the function
// moves on to another: what is deployed could not be told from what is old by age, and an old one is needed to go back. Deleting it would
// even be wrong after an interrupted deployment, when going back has uploaded the same key again.
func (f *Function) load(ctx *pulumi.Context, store *ObjectStore, archive string, function *lambda.FunctionArgs) error {
	if store == nil {
		function.Code = pulumi.NewFileArchive(archive)
		return nil
	}
	sum, err := fileHash(archive)
	if err != nil {
		return err
	}
	object, err := s3.NewBucketObjectv2(ctx, f.logicalName+"-code", &s3.BucketObjectv2Args{
		Bucket: store.Name,
		Key:    pulumi.String("functions/" + f.logicalName + "/" + hex.EncodeToString(sum) + ".zip"),
		Source: pulumi.NewFileAsset(archive),
		// The provider guesses from the name otherwise, and what it guesses differs from machine to machine.
		ContentType: pulumi.String("application/zip"),
	}, pulumi.Parent(f), pulumi.RetainOnDelete(true))
	if err != nil {
		return err
	}
	function.S3Bucket, function.S3Key = object.Bucket, object.Key
	function.SourceCodeHash = pulumi.String(base64.StdEncoding.EncodeToString(sum))
	return nil
}

// fileHash is the SHA-256 of a file.
func fileHash(path string) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("reading the function's package: %w", err)
	}
	defer file.Close()
	hash := sha256.New()
	if _, err := io.Copy(hash, file); err != nil {
		return nil, fmt.Errorf("reading the function's package %s: %w", path, err)
	}
	return hash.Sum(nil), nil
}
