using System.Text.RegularExpressions;
using CsCheck;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using MetaService.Json;
using MetaService.Records.Cloud;
using MetaService.Records.Olap;
using MetaService.TestKit.Json;

namespace MetaService.UnitTests.Json;

public partial class SecretFieldsTests
{
    // Fields with a name like a secret's that hold none.
    private static readonly string[] Harmless =
    [
        "doris.cloud.HdfsBuildConf.HdfsConfKVPair.key",
        "metaservice.ListInstancesResponse.next_page_token",
        "metaservice.ListTxnsRequest.page_token",
        "metaservice.ListTxnsResponse.next_page_token",
        "metaservice.AuditResponse.next_page_token",
        "metaservice.RotateSecretsRequest.page_token",
        "metaservice.RotateSecretsResponse.next_page_token",
        "doris.KeyBoundsPB.min_key",
        "doris.KeyBoundsPB.max_key",
        "doris.RowsetBinlogMetasPB.RowsetBinlogMetaPB.meta_key",
        "doris.RowsetBinlogMetasPB.RowsetBinlogMetaPB.data_key",
        "doris.segment_v2.ColumnPathPartInfo.key",
    ];

    [Fact]
    public void Every_field_with_a_name_like_a_secret_has_been_decided_on()
    {
        var suspects = RandomMessages.Types
            .SelectMany(type => type.Fields.InDeclarationOrder())
            .Where(field => field.FieldType is FieldType.String or FieldType.Bytes && SecretLooking().IsMatch(field.Name))
            .Select(field => (field.FullName, Secret: SecretFields.IsSecret(field)))
            .ToList();

        suspects.Count(suspect => suspect.Secret).Should().BeGreaterThanOrEqualTo(10);
        suspects.Where(suspect => !suspect.Secret).Select(suspect => suspect.FullName).Should().BeEquivalentTo(Harmless);
    }

    [Fact]
    public void Hides_keys_at_every_depth_and_leaves_the_original_alone()
    {
        var conf = new HdfsBuildConf { User = "u", HdfsKerberosKeytab = "S" };
        var vault = new StorageVaultPB { HdfsInfo = new HdfsVaultInfo { BuildConf = conf } };
        var instance = new InstanceInfoPB
        {
            InstanceId = "i",
            ObjInfo = { new ObjectStoreInfoPB { Id = "1", Ak = "S1", Sk = "S2", Bucket = "b" } },
            Stages = { new StagePB { ObjInfo = new ObjectStoreInfoPB { Sk = "S3" } } },
            RamUser = new RamUserPB { UserId = "u", Ak = "S4", Sk = "", ExternalId = "e" },
        };
        var original = instance.Clone();

        var masked = SecretFields.Masked(instance);

        instance.Should().Be(original);
        masked.Should().Be(new InstanceInfoPB
        {
            InstanceId = "i",
            ObjInfo = { new ObjectStoreInfoPB { Id = "1", Ak = "******", Sk = "******", Bucket = "b" } },
            Stages = { new StagePB { ObjInfo = new ObjectStoreInfoPB { Sk = "******" } } },
            RamUser = new RamUserPB { UserId = "u", Ak = "******", Sk = "", ExternalId = "e" },
        });
        SecretFields.Masked(vault).HdfsInfo.BuildConf.Should().Be(new HdfsBuildConf { User = "u", HdfsKerberosKeytab = "******" });
    }

    [Fact]
    public void Hides_encryption_keys()
    {
        var keys = new EncryptionKeyInfoPB
        {
            Items = { new EncryptionKeyInfoPB.Types.Item { KeyId = 1, Key = "S", KmsInfo = new() { Endpoint = "e", Cmk = "S" } } },
        };

        SecretFields.Masked(keys).Items.Should().Equal(
            new EncryptionKeyInfoPB.Types.Item { KeyId = 1, Key = "******", KmsInfo = new() { Endpoint = "e", Cmk = "******" } });
        SecretFields.Masked(new EncryptionKeyPB { Id = "k", Plaintext = ByteString.CopyFrom(1, 2) }).Should()
            .Be(new EncryptionKeyPB { Id = "k", Plaintext = ByteString.CopyFromUtf8("******") });
    }

    [Fact]
    public void Hides_values_whose_name_tells_that_they_are_secret()
    {
        var conf = new HdfsBuildConf
        {
            HdfsConfs =
            {
                new HdfsBuildConf.Types.HdfsConfKVPair { Key = "hadoop.security.credential.password", Value = "S" },
                new HdfsBuildConf.Types.HdfsConfKVPair { Key = "dfs.replication", Value = "3" },
            },
        };
        var stage = new StagePB { Properties = { ["AWS_SECRET_KEY"] = "S", ["s3.region"] = "r", ["token"] = "" } };

        SecretFields.Masked(conf).HdfsConfs.Select(pair => pair.Value).Should().Equal("******", "3");
        SecretFields.Masked(stage).Properties.Should()
            .BeEquivalentTo(new Dictionary<string, string> { ["AWS_SECRET_KEY"] = "******", ["s3.region"] = "r", ["token"] = "" });
    }

    [Theory]
    [InlineData("ak", true)]
    [InlineData("s3.sk", true)]
    [InlineData("fs.s3a.access.key", true)]
    [InlineData("s3.access-key", true)]
    [InlineData("fs.s3a.secret.key", true)]
    [InlineData("Password", true)]
    [InlineData("hadoop.kerberos.keytab", true)]
    [InlineData("task", false)]
    [InlineData("disk", false)]
    [InlineData("file.size", false)]
    [InlineData("", false)]
    public void Tells_secret_names(string name, bool secret) => SecretFields.IsSecretName(name).Should().Be(secret);

    [Fact]
    public void A_masked_copy_of_any_record_differs_in_secret_fields_only_and_is_a_copy() =>
        RandomMessages.Any.Sample(
            message =>
            {
                var before = message.ToByteString();
                var masked = SecretFields.Masked(message);
                var again = SecretFields.Masked(masked);
                return !ReferenceEquals(masked, message)
                    && before.Equals(message.ToByteString())
                    && masked.Equals(again)
                    && masked.Descriptor == message.Descriptor;
            },
            iter: 1_000,
            threads: 1);

    [Fact]
    public void No_set_secret_of_any_record_type_survives()
    {
        const string Canary = "cAnArY";
        foreach (var type in RandomMessages.Types)
        {
            var message = (IMessage)Activator.CreateInstance(type.ClrType)!;
            var secrets = type.Fields.InDeclarationOrder().Where(SecretFields.IsSecret).ToList();
            foreach (var field in secrets)
            {
                object value = field.FieldType == FieldType.Bytes ? ByteString.CopyFromUtf8(Canary) : Canary;
                field.Accessor.SetValue(message, value);
            }

            var text = ProtoText.DebugString(SecretFields.Masked(message));

            text.Should().NotContain(Canary, type.FullName);
            text.Split("******").Length.Should().Be(secrets.Count + 1, type.FullName);
        }
    }

    [GeneratedRegex("(^|_)(ak|sk|key|keytab|cmk|plaintext|token)$|secret|passw|credential")]
    private static partial Regex SecretLooking();
}
