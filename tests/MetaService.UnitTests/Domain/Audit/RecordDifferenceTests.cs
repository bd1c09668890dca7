using CsCheck;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using MetaService.Domain.Audit;
using MetaService.Json;
using MetaService.Records.Cloud;
using MetaService.TestKit.Json;

namespace MetaService.UnitTests.Domain.Audit;

/// <summary>What is kept of two states of a record.</summary>
public sealed class RecordDifferenceTests
{
    private const int UnknownField = 4000;

    [Fact]
    public void Only_what_differs_is_kept_and_the_names_of_what_it_is_in()
    {
        var before = Instance();
        var after = before.Clone();
        after.Mtime = 2;
        after.Clusters[1].Nodes.Add(new NodeInfoPB { CloudUniqueId = "1:i:new", Ip = "10.0.0.9" });

        var (old, now) = Difference(before, after);

        old.Should().Be("""{"instance_id":"i","name":"n","mtime":"1","clusters":[{"cluster_id":"c2","cluster_name":"c2"}]}""");
        now.Should().Be(
            """{"instance_id":"i","name":"n","mtime":"2","clusters":[{"cluster_id":"c2","cluster_name":"c2",""" +
            """ "nodes":[{"cloud_unique_id":"1:i:new","ip":"10.0.0.9"}]}]}""".TrimStart());
    }

    [Fact]
    public void What_is_added_and_removed_is_shown_as_a_whole()
    {
        var before = Instance();
        var after = before.Clone();
        after.Clusters.RemoveAt(0);

        var (old, now) = Difference(before, after);

        old.Should().Contain("\"c1\"").And.Contain("10.0.0.1").And.NotContain("\"c2\"");
        now.Should().Be("""{"instance_id":"i","name":"n"}""");
    }

    [Fact]
    public void A_secret_that_differs_is_masked_and_one_that_does_not_is_left_out()
    {
        var before = Instance();
        before.ObjInfo.Add(new ObjectStoreInfoPB { Id = "1", Ak = "same-ak", Sk = "old-sk" });
        var after = before.Clone();
        after.ObjInfo[0].Sk = "new-sk";

        var (old, now) = Difference(before, after);

        old.Should().Be(now).And.Be("""{"instance_id":"i","name":"n","obj_info":[{"id":"1","sk":"******"}]}""");
    }

    [Fact]
    public void Secrets_of_a_new_record_are_masked_by_the_names_of_settings_too()
    {
        var vault = new StorageVaultPB
        {
            Id = "2",
            HdfsInfo = new HdfsVaultInfo
            {
                BuildConf = new HdfsBuildConf
                {
                    FsName = "hdfs://x",
                    HdfsKerberosKeytab = "/keytab",
                    HdfsConfs =
                    {
                        new HdfsBuildConf.Types.HdfsConfKVPair { Key = "dfs.password", Value = "pass-word" },
                        new HdfsBuildConf.Types.HdfsConfKVPair { Key = "dfs.size", Value = "7" },
                    },
                },
            },
        };

        var (old, now) = Of([], vault.ToByteArray(), StorageVaultPB.Descriptor);

        old.Should().BeEmpty();
        StorageVaultPB.Parser.ParseFrom(now).Should().Be(SecretFields.Masked(vault));
    }

    [Fact]
    public void Fields_that_are_not_known_are_left_out()
    {
        var unknown = new byte[64];
        var output = new CodedOutputStream(unknown);
        output.WriteTag(UnknownField, WireFormat.WireType.LengthDelimited);
        output.WriteString("perhaps-a-secret");
        byte[] after = [.. Instance().ToByteArray(), .. unknown.AsSpan(..(int)output.Position)];

        var (_, now) = Of([], after, InstanceInfoPB.Descriptor);

        InstanceInfoPB.Parser.ParseFrom(now).Should().Be(Instance());
    }

    [Fact]
    public void Messages_within_messages_may_be_long()
    {
        var vault = new StorageVaultPB
        {
            Id = "2",
            HdfsInfo = new HdfsVaultInfo
            {
                Prefix = new string('p', 200),
                BuildConf = new HdfsBuildConf { FsName = new string('f', 20_000), User = new string('u', 100) },
            },
        };

        var (_, now) = Of([], vault.ToByteArray(), StorageVaultPB.Descriptor);

        now.Should().Equal(vault.ToByteArray());
    }

    [Fact]
    public void What_is_no_message_is_refused()
    {
        var difference = () => Of([0x0a, 0x7f], [0x08, 0x01], InstanceInfoPB.Descriptor);

        difference.Should().Throw<InvalidDataException>();
    }

    [Fact]
    public void A_new_record_of_any_type_is_the_masked_one() => RandomMessages.Any.Sample(message =>
    {
        var (_, now) = Of([], message.ToByteArray(), message.Descriptor);

        message.Descriptor.Parser.ParseFrom(now).Should().Be(SecretFields.Masked(message));
    });

    [Fact]
    public void Two_states_of_any_type_can_be_compared() => Gen.Select(RandomMessages.Any, Gen.Int).Sample((before, seed) =>
    {
        var after = RandomMessages.Fill(before.Descriptor, new Random(seed), depth: 0);

        var (old, now) = Of(before.ToByteArray(), after.ToByteArray(), before.Descriptor);

        Parse(before, old).CalculateSize().Should().BeLessThanOrEqualTo(SecretFields.Masked(before).CalculateSize());
        Parse(after, now).CalculateSize().Should().BeLessThanOrEqualTo(SecretFields.Masked(after).CalculateSize());
        var (sameOld, sameNow) = Of(after.ToByteArray(), after.ToByteArray(), before.Descriptor);
        sameOld.Should().Equal(sameNow);
    });

    private static InstanceInfoPB Instance() => new()
    {
        InstanceId = "i",
        Name = "n",
        Mtime = 1,
        Clusters =
        {
            new ClusterPB { ClusterId = "c1", ClusterName = "c1", Nodes = { new NodeInfoPB { Ip = "10.0.0.1" } } },
            new ClusterPB { ClusterId = "c2", ClusterName = "c2", Nodes = { new NodeInfoPB { Ip = "10.0.0.2" } } },
        },
    };

    private static (string Before, string After) Difference(InstanceInfoPB before, InstanceInfoPB after)
    {
        var (old, now) = Of(before.ToByteArray(), after.ToByteArray(), InstanceInfoPB.Descriptor);
        return (Text(old), Text(now));
    }

    private static (byte[] Before, byte[] After) Of(ReadOnlySpan<byte> before, ReadOnlySpan<byte> after, MessageDescriptor type)
    {
        var (old, now) = (new WireBuffer(usualLength: 16), new WireBuffer(usualLength: 16));
        RecordDifference.Write(before, after, type, old, now);
        return (old.Written.ToArray(), now.Written.ToArray());
    }

    private static string Text(byte[] record) => ProtoJsonWriter.ToText(InstanceInfoPB.Parser.ParseFrom(record), ProtoJsonStyle.Record);

    private static IMessage Parse(IMessage template, byte[] bytes) => template.Descriptor.Parser.ParseFrom(bytes);
}
