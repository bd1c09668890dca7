using System.Buffers;
using System.Text;
using Google.Protobuf;
using MetaService.Json;
using MetaService.Records.Cloud;
using MetaService.Records.Olap;

namespace MetaService.UnitTests.Json;

public class ProtoJsonWriterTests
{
    [Fact]
    public void Http_style_is_indented_and_shows_64_bit_integers_as_strings()
    {
        var cluster = new ClusterPB
        {
            Ctime = 1669260437,
            ClusterName = "c",
            Type = ClusterPB.Types.Type.Compute,
            Nodes = { new NodeInfoPB { Ip = "10.0.0.1", HeartbeatPort = 9050 }, new NodeInfoPB() },
            MysqlUserName = { "a", "b" },
        };

        Http(cluster).Should().Be("""
            {
                "cluster_name": "c",
                "type": "COMPUTE",
                "nodes": [
                    {
                        "ip": "10.0.0.1",
                        "heartbeat_port": 9050
                    },
                    {}
                ],
                "mysql_user_name": [
                    "a",
                    "b"
                ],
                "ctime": "1669260437"
            }
            """);
    }

    [Fact]
    public void Rpc_style_is_compact_and_shows_64_bit_integers_as_numbers()
    {
        var cluster = new ClusterPB { Ctime = -5, Nodes = { new NodeInfoPB { HeartbeatPort = 1 } }, Properties = { ["k"] = "v" } };

        Rpc(cluster).Should().Be("""{"nodes":[{"heartbeat_port":1}],"ctime":-5,"properties":{"k":"v"}}""");
        Rpc(new OperationLogPB { MinTimestamp = ulong.MaxValue }).Should().Be("""{"min_timestamp":18446744073709551615}""");
    }

    [Fact]
    public void Fields_that_were_set_are_written_even_when_empty()
    {
        var node = new NodeInfoPB
        {
            Name = "",
            Ctime = 0,
            HeartbeatPort = 0,
            IsSmoothUpgrade = false,
            NodeType = NodeInfoPB.Types.NodeType.Unknown,
        };

        Rpc(node).Should().Be("""{"name":"","ctime":0,"heartbeat_port":0,"node_type":"UNKNOWN","is_smooth_upgrade":false}""");
        Rpc(new NodeInfoPB()).Should().Be("{}");
        Rpc(new StagePB { AccessType = StagePB.Types.StageAccessType.Aksk }).Should()
            .Be("""{"access_type":"AKSK"}""", "a value that is the declared default was still set");
        Rpc(new AlterClusterRequest { Cluster = new ClusterPB() }).Should().Be("""{"cluster":{}}""");
    }

    [Fact]
    public void An_enum_number_without_a_name_is_written_as_a_number() =>
        Http(new ClusterPB { ClusterStatus = (ClusterStatus)77 }).Should().Be("{\n    \"cluster_status\": 77\n}");

    [Fact]
    public void The_alias_STOPPED_is_never_written() =>
        Rpc(new ClusterPB { ClusterStatus = ClusterStatus.Suspended }).Should().Be("""{"cluster_status":"SUSPENDED"}""");

    [Fact]
    public void Map_entries_are_in_the_order_of_their_keys()
    {
        Rpc(new ClusterPB { Properties = { ["b"] = "1", ["ä"] = "2", ["a\n"] = "3", ["B"] = "4" } }).Should()
            .Be("""{"properties":{"B":"4","a\n":"3","b":"1","ä":"2"}}""");
        Http(new RoutineLoadProgressPB { PartitionToOffset = { [10] = 1, [-2] = 2, [9] = 3 } }).Should()
            .Be("{\n    \"partition_to_offset\": {\n        \"-2\": \"2\",\n        \"9\": \"3\",\n        \"10\": \"1\"\n    }\n}");
    }

    [Theory]
    [InlineData("plain", "plain")]
    [InlineData("\"\\/", "\\\"\\\\/")]
    [InlineData("\b\f\n\r\t", "\\b\\f\\n\\r\\t")]
    [InlineData("\0\u0001\u001f\u007f", "\\u0000\\u0001\\u001F\u007f")]
    [InlineData("日本\u2028é😀<>&'+", "日本\u2028é😀<>&'+")]
    public void Only_what_must_be_escaped_is(string value, string expected) =>
        Rpc(new NodeInfoPB { Name = value }).Should().Be($$"""{"name":"{{expected}}"}""");

    [Fact]
    public void Half_a_surrogate_pair_becomes_the_replacement_character()
    {
        // Not inline data: attributes are stored as UTF-8, which has no such halves.
        Rpc(new NodeInfoPB { Name = "a\ud800b\udc00" }).Should().Be("""{"name":"a�b�"}""".Replace("\\uFFFD", "\uFFFD"));
        Rpc(new NodeInfoPB { Name = "\udc00\ud800" }).Should().Be("{\"name\":\"\uFFFD\uFFFD\"}");
        Rpc(new NodeInfoPB { Name = "\ud83d\"\ude00" }).Should().Be("{\"name\":\"\uFFFD\\\"\uFFFD\"}");
    }

    [Theory]
    [InlineData(0.1, "0.1")]
    [InlineData(3, "3")]
    [InlineData(-0.0, "-0")]
    [InlineData(1e300, "1E+300")]
    [InlineData(5e-324, "5E-324")]
    [InlineData(0.30000000000000004, "0.30000000000000004")]
    [InlineData(double.NaN, "\"NaN\"")]
    [InlineData(double.PositiveInfinity, "\"Infinity\"")]
    [InlineData(double.NegativeInfinity, "\"-Infinity\"")]
    public void Doubles_are_the_shortest_text_that_reads_back(double value, string expected) =>
        Rpc(new TabletSchemaPB { BfFpp = value }).Should().Be($$"""{"bf_fpp":{{expected}}}""");

    [Fact]
    public void Bytes_are_base64()
    {
        Rpc(new EncryptionKeyPB { Plaintext = ByteString.CopyFrom(0xFB, 0xFF) }).Should().Be("""{"plaintext":"+/8="}""");
        Rpc(new EncryptionKeyPB { Plaintext = ByteString.Empty }).Should().Be("""{"plaintext":""}""");
        Rpc(new DeleteBitmapPB { SegmentDeleteBitmaps = { ByteString.CopyFromUtf8("a"), ByteString.Empty } }).Should()
            .Be("""{"segment_delete_bitmaps":["YQ==",""]}""");
    }

    [Fact]
    public void Unknown_fields_are_left_out()
    {
        var bytes = new ClusterPB { ClusterId = "c", Ctime = 1 }.ToByteArray();

        // Field 1 is known to both, field 10 to one of them.
        Rpc(NodeOwner(bytes)).Should().Be("""{"instance_id":"c"}""");

        static IMessage NodeOwner(byte[] bytes) => MetaService.Records.Own.NodeOwnerPB.Parser.ParseFrom(bytes);
    }

    [Theory]
    [InlineData(1_000)]
    [InlineData(1_024)]
    [InlineData(100_000)]
    public void Long_strings_arrive_whole(int length)
    {
        var text = string.Concat(Enumerable.Range(0, length).Select(i => i % 7 == 0 ? "😀" : i % 5 == 0 ? "日" : "a"));

        Rpc(new NodeInfoPB { Name = text, Desc = text + "\n" }).Should().Be($$"""{"name":"{{text}}","desc":"{{text}}\n"}""");
    }

    [Fact]
    public void Outputs_that_hand_out_small_pieces_get_every_byte()
    {
        var output = new SmallPieces();

        ProtoJsonWriter.Write(output, new NodeInfoPB { Name = new string('日', 5_000), Ctime = 12 }, ProtoJsonStyle.Rpc);

        Encoding.UTF8.GetString(output.Written.ToArray()).Should()
            .Be($$"""{"name":"{{new string('日', 5_000)}}","ctime":12}""");
    }

    private static string Http(IMessage message) => ProtoJsonWriter.ToText(message, ProtoJsonStyle.Http);

    private static string Rpc(IMessage message) => ProtoJsonWriter.ToText(message, ProtoJsonStyle.Rpc);

    /// <summary>Hands out exactly what is asked for, in a new array each time.</summary>
    private sealed class SmallPieces : IBufferWriter<byte>
    {
        private byte[] _piece = [];

        public List<byte> Written { get; } = [];

        public void Advance(int count) => Written.AddRange(_piece.AsSpan(0, count));

        public Memory<byte> GetMemory(int sizeHint = 0) => _piece = new byte[Math.Max(1, sizeHint)];

        public Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;
    }
}
