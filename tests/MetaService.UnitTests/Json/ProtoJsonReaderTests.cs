using System.Buffers;
using System.Text;
using Google.Protobuf;
using MetaService.Json;
using MetaService.Records.Cloud;
using MetaService.Records.Olap;

namespace MetaService.UnitTests.Json;

public class ProtoJsonReaderTests
{
    [Fact]
    public void Reads_snake_case_and_lower_camel_case_names()
    {
        var snake = Read<AlterClusterRequest>("""{"instance_id":"i","cluster":{"cluster_name":"c","mysql_user_name":["a","b"]}}""");
        var camel = Read<AlterClusterRequest>("""{"instanceId":"i","cluster":{"clusterName":"c","mysqlUserName":["a","b"]}}""");

        camel.Should().Be(snake);
        snake.Cluster.MysqlUserName.Should().Equal("a", "b");
        Read<TxnCoordinatorPB>("""{"sourceType":1}""").HasSourceType.Should().BeTrue("a declared camel case name is a name as any");
    }

    [Theory]
    [InlineData("7", 7L)]
    [InlineData("\"7\"", 7L)]
    [InlineData("-0", 0L)]
    [InlineData("1.0", 1L)]
    [InlineData("1e3", 1000L)]
    [InlineData("1.5E1", 15L)]
    [InlineData("1000e-3", 1L)]
    [InlineData("\"1e3\"", 1000L)]
    [InlineData("0e99999999999999999999", 0L)]
    [InlineData("0.00", 0L)]
    [InlineData("9223372036854775807", long.MaxValue)]
    [InlineData("\"9223372036854775807\"", long.MaxValue)]
    [InlineData("9223372036854775807.0", long.MaxValue)]
    [InlineData("922337203685477580.7e1", long.MaxValue)]
    [InlineData("-9223372036854775808", long.MinValue)]
    [InlineData("\"-9223372036854775808\"", long.MinValue)]
    public void Reads_64_bit_integers_exactly(string value, long expected) =>
        Read<NodeInfoPB>($$"""{"ctime":{{value}}}""").Ctime.Should().Be(expected);

    [Theory]
    [InlineData("\"abc\"")]
    [InlineData("1.5")]
    [InlineData("\"1.5\"")]
    [InlineData("9223372036854775808")]
    [InlineData("\"-9223372036854775809\"")]
    [InlineData("1e19")]
    [InlineData("1e999999999999")]
    [InlineData("1e-1")]
    [InlineData("0.1")]
    [InlineData("\"\"")]
    [InlineData("\" 1\"")]
    [InlineData("\"+1\"")]
    [InlineData("\"007\"")]
    [InlineData("\"0x10\"")]
    [InlineData("\"1.\"")]
    [InlineData("\"1e\"")]
    [InlineData("\"-\"")]
    [InlineData("\"NaN\"")]
    [InlineData("true")]
    [InlineData("{}")]
    [InlineData("[1]")]
    public void Refuses_other_values_for_a_64_bit_integer(string value) =>
        Fault<NodeInfoPB>($$"""{"ctime":{{value}}}""").Path.Should().Be("ctime");

    [Theory]
    [InlineData("2147483647", int.MaxValue)]
    [InlineData("\"-2147483648\"", int.MinValue)]
    [InlineData("9.05e3", 9050)]
    public void Reads_32_bit_integers(string value, int expected) =>
        Read<NodeInfoPB>($$"""{"heartbeat_port":{{value}}}""").HeartbeatPort.Should().Be(expected);

    [Theory]
    [InlineData("2147483648")]
    [InlineData("\"-2147483649\"")]
    [InlineData("80.5")]
    public void Refuses_what_does_not_fit_32_bits(string value) =>
        Fault<NodeInfoPB>($$"""{"heartbeat_port":{{value}}}""").Expected.Should().Contain("32-bit");

    [Fact]
    public void Reads_unsigned_integers()
    {
        Read<ColumnMessage>("""{"length":"4294967295"}""").Length.Should().Be(uint.MaxValue);
        Read<OperationLogPB>("""{"min_timestamp":18446744073709551615}""").MinTimestamp.Should().Be(ulong.MaxValue);
        Read<OperationLogPB>("""{"min_timestamp":"-0"}""").MinTimestamp.Should().Be(0);
        Fault<ColumnMessage>("""{"length":4294967296}""").Path.Should().Be("length");
        Fault<OperationLogPB>("""{"min_timestamp":18446744073709551616}""").Path.Should().Be("min_timestamp");
        Fault<OperationLogPB>("""{"min_timestamp":-1}""").Path.Should().Be("min_timestamp");
    }

    [Theory]
    [InlineData("\"FE_MASTER\"", NodeInfoPB.Types.NodeType.FeMaster)]
    [InlineData("3", NodeInfoPB.Types.NodeType.FeFollower)]
    [InlineData("0", NodeInfoPB.Types.NodeType.Unknown)]
    [InlineData("\"FE\\u005fMASTER\"", NodeInfoPB.Types.NodeType.FeMaster)]
    public void Reads_enums_by_name_or_number(string value, NodeInfoPB.Types.NodeType expected) =>
        Read<NodeInfoPB>($$"""{"node_type":{{value}}}""").NodeType.Should().Be(expected);

    [Theory]
    [InlineData("\"FE_BOSS\"")]
    [InlineData("\"fe_master\"")]
    [InlineData("\"\"")]
    [InlineData("\"1\"")]
    [InlineData("4")]
    [InlineData("1.5")]
    [InlineData("true")]
    public void Refuses_unknown_enum_values(string value) =>
        Fault<NodeInfoPB>($$"""{"node_type":{{value}}}""").Expected.Should()
            .Be("one of UNKNOWN, FE_MASTER, FE_OBSERVER, FE_FOLLOWER");

    [Fact]
    public void Reads_STOPPED_as_the_cluster_status_SUSPENDED_and_nowhere_else()
    {
        Read<ClusterPB>("""{"cluster_status":"STOPPED"}""").ClusterStatus.Should().Be(ClusterStatus.Suspended);
        Read<GetClusterStatusRequest>("""{"status":"STOPPED"}""").Status.Should().Be(ClusterStatus.Suspended);
        Fault<InstanceInfoPB>("""{"status":"STOPPED"}""").Path.Should().Be("status");
    }

    [Theory]
    [InlineData("true", true)]
    [InlineData("false", false)]
    [InlineData("\"true\"", true)]
    [InlineData("\"false\"", false)]
    public void Reads_booleans(string value, bool expected) =>
        Read<NodeInfoPB>($$"""{"is_smooth_upgrade":{{value}}}""").IsSmoothUpgrade.Should().Be(expected);

    [Theory]
    [InlineData("1")]
    [InlineData("\"True\"")]
    [InlineData("\"\"")]
    [InlineData("[]")]
    public void Refuses_other_values_for_a_boolean(string value) =>
        Fault<NodeInfoPB>($$"""{"is_smooth_upgrade":{{value}}}""").Expected.Should().Be("true or false");

    [Theory]
    [InlineData("0.05", 0.05)]
    [InlineData("\"0.05\"", 0.05)]
    [InlineData("1e-400", 0.0)]
    [InlineData("\"NaN\"", double.NaN)]
    [InlineData("\"Infinity\"", double.PositiveInfinity)]
    [InlineData("\"-Infinity\"", double.NegativeInfinity)]
    public void Reads_doubles(string value, double expected) =>
        Read<TabletSchemaPB>($$"""{"bf_fpp":{{value}}}""").BfFpp.Should().Be(expected);

    [Theory]
    [InlineData("1e999")]
    [InlineData("\"1e999\"")]
    [InlineData("\"nan\"")]
    [InlineData("\" 1\"")]
    [InlineData("\"1,000\"")]
    [InlineData("\"\"")]
    [InlineData("false")]
    public void Refuses_other_values_for_a_double(string value) =>
        Fault<TabletSchemaPB>($$"""{"bf_fpp":{{value}}}""").Path.Should().Be("bf_fpp");

    [Theory]
    [InlineData("+/8=")]
    [InlineData("-_8=")]
    [InlineData("+/8")]
    [InlineData("-_8")]
    [InlineData("\\u002b/8=")]
    public void Reads_bytes_in_both_base64_alphabets(string value) =>
        Read<EncryptionKeyPB>($$"""{"plaintext":"{{value}}"}""").Plaintext.ToByteArray().Should().Equal(0xFB, 0xFF);

    [Theory]
    [InlineData("\"A\"")]
    [InlineData("\"AA=\"")]
    [InlineData("\"AA===\"")]
    [InlineData("\"AAAA====\"")]
    [InlineData("\"A=AA\"")]
    [InlineData("\"AA AA\"")]
    [InlineData("\"AA\\nAA\"")]
    [InlineData("\"é\"")]
    [InlineData("12")]
    public void Refuses_what_is_not_base64(string value) =>
        Fault<EncryptionKeyPB>($$"""{"plaintext":{{value}}}""").Path.Should().Be("plaintext");

    [Fact]
    public void Reads_empty_bytes() => Read<EncryptionKeyPB>("""{"plaintext":""}""").HasPlaintext.Should().BeTrue();

    [Theory]
    [InlineData("113974", "113974")]
    [InlineData("1.50", "1.50")]
    [InlineData("-1E+2", "-1E+2")]
    public void Takes_a_number_as_text_where_a_string_belongs(string value, string expected) =>
        Read<TabletJobInfoPB>($$"""{"compaction":[{"id":{{value}}}]}""").Compaction[0].Id.Should().Be(expected);

    [Theory]
    [InlineData("true")]
    [InlineData("{}")]
    [InlineData("[]")]
    public void Refuses_other_values_for_a_string(string value) =>
        Fault<NodeInfoPB>($$"""{"ip":{{value}}}""").Expected.Should().Be("a string");

    [Theory]
    [InlineData("\\u0000\\u0001\\n\\t\\u007f", "\0\u0001\n\t\u007f")]
    [InlineData("\\ud83d\\ude00", "😀")]
    [InlineData("日本😀", "日本😀")]
    [InlineData("\\\"\\\\\\/", "\"\\/")]
    [InlineData("", "")]
    public void Strings_arrive_as_they_were_sent(string value, string expected) =>
        Read<NodeInfoPB>($$"""{"name":"{{value}}"}""").Name.Should().Be(expected);

    [Fact]
    public void Reads_maps()
    {
        var cluster = Read<ClusterPB>("""{"properties":{"b":"1","a":"2","b":"3"}}""");
        cluster.Properties.Should().BeEquivalentTo(new Dictionary<string, string> { ["a"] = "2", ["b"] = "3" });

        var dictionary = Read<SchemaCloudDictionary>("""{"column_dict":{"-7":{"unique_id":1},"8":{}}}""");
        dictionary.ColumnDict.Keys.Should().BeEquivalentTo([-7, 8]);
        dictionary.ColumnDict[-7].UniqueId.Should().Be(1);

        Fault<SchemaCloudDictionary>("""{"column_dict":{"1":{},"x":{}}}""").Path.Should().Be("column_dict[1]");
        Fault<ClusterPB>("""{"properties":{"a":null}}""").Path.Should().Be("properties[0]");
        Fault<ClusterPB>("""{"properties":["a"]}""").Path.Should().Be("properties");
    }

    [Fact]
    public void Null_is_the_same_as_leaving_the_field_out()
    {
        var cluster = Read<ClusterPB>("""{"cluster_id":null,"nodes":null,"properties":null,"type":null,"ctime":null}""");

        cluster.Should().Be(new ClusterPB());
    }

    [Theory]
    [InlineData("""{"nodes":[null]}""", "nodes[0]")]
    [InlineData("""{"mysql_user_name":["a",null]}""", "mysql_user_name[1]")]
    public void Null_in_an_array_is_refused(string json, string path) => Fault<ClusterPB>(json).Path.Should().Be(path);

    [Theory]
    [InlineData("""{"nodes":{}}""")]
    [InlineData("""{"nodes":"a"}""")]
    public void Refuses_other_values_for_a_list(string json) => Fault<ClusterPB>(json).Expected.Should().Be("an array");

    [Fact]
    public void Passes_over_unknown_fields()
    {
        var node = Read<NodeInfoPB>("""{"no_such":{"a":[1,{"b":null}],"c":1e999},"ip":"1","also":[],"CLOUD_UNIQUE_ID":"x","":0}""");

        node.Should().Be(new NodeInfoPB { Ip = "1" });
    }

    [Theory]
    [InlineData("""{"no_such":{"a":[1,}}}""")]
    [InlineData("""{"no_such":"\ud800"}""")]
    [InlineData("""{"no_such":{"\udc00":1}}""")]
    [InlineData("""{"no_such":01}""")]
    [InlineData("""{"no_such":{"a" 1}}""")]
    public void Unknown_fields_must_be_well_formed(string json) => Fault<NodeInfoPB>(json).Path.Should().BeEmpty();

    [Fact]
    public void Of_a_field_given_twice_the_last_counts()
    {
        var cluster = Read<ClusterPB>("""
            {"cluster_id":"a","cluster_id":"b","clusterId":"c",
             "mysql_user_name":["x","y"],"mysql_user_name":["z"],
             "cluster_policy":{"active_cluster_name":"1"},"cluster_policy":{"type":0},
             "desc":"kept","desc":null}
            """);

        cluster.ClusterId.Should().Be("c");
        cluster.MysqlUserName.Should().Equal("z");
        cluster.ClusterPolicy.HasActiveClusterName.Should().BeFalse();
        cluster.Desc.Should().Be("kept");
    }

    [Theory]
    [InlineData("""{"cluster_id":"c",}""")]
    [InlineData("""{"cluster_id":"c","mysql_user_name":["a",],}""")]
    [InlineData("\uFEFF{\"cluster_id\":\"c\"}")]
    [InlineData(" \r\n\t{\"cluster_id\":\"c\"} \r\n\t")]
    [InlineData("""{"cluster\u005fid":"c"}""")]
    public void Accepts_trailing_commas_a_byte_order_mark_and_white_space(string json) =>
        Read<ClusterPB>(json).ClusterId.Should().Be("c");

    [Theory]
    [InlineData("", 1, 1)]
    [InlineData(" \n ", 1, 1)]
    [InlineData("\uFEFF", 1, 1)]
    [InlineData("[]", 1, 1)]
    [InlineData("\"a\"", 1, 1)]
    [InlineData("12 ", 1, 1)]
    [InlineData("null", 1, 1)]
    [InlineData("{", 1, 2)]
    [InlineData("{\"ip\":\"a", 1, 9)]
    [InlineData("{\"ip\":\"a\"", 1, 10)]
    [InlineData("{\n\"ip\" \"a\"}", 2, 6)]
    [InlineData("{} {}", 1, 4)]
    [InlineData("{}\n1", 2, 1)]
    [InlineData("{}}", 1, 3)]
    [InlineData("{,}", 1, 2)]
    [InlineData("{\"lb_ip\":[,]}", 1, 11)]
    [InlineData("{\"ip\":'a'}", 1, 7)]
    [InlineData("{ip:1}", 1, 2)]
    [InlineData("{/*c*/}", 1, 2)]
    [InlineData("{} // c", 1, 4)]
    [InlineData("{\"ip\":\"\n\"}", 1, 8)]
    [InlineData("{\"ip\":\"\\x\"}", 1, 9)]
    [InlineData("{\"ip\":NaN}", 1, 7)]
    [InlineData("{\n  \"ip\":\"\\ud800\"}", 2, 8)]
    [InlineData("{\"ip\":\"\\udc00\"}", 1, 7)]
    [InlineData("{\"ip\":\"\\ud800\\ud800\"}", 1, 7)]
    [InlineData("{\"ip\":\"\\ud800x\\udc00\"}", 1, 7)]
    [InlineData("{\"\\ud800\":1}", 1, 2)]
    public void Refuses_what_is_not_one_JSON_object_and_says_where(string json, int line, int byteInLine)
    {
        var fault = Fault<NodeInfoPB>(json);

        (fault.Line, fault.ByteInLine).Should().Be((line, byteInLine), fault.Message);
    }

    [Theory]
    [InlineData(new byte[] { (byte)'{', 0x80, (byte)'}' }, 2)]
    [InlineData(new byte[] { (byte)'{', (byte)'"', 0xC0, 0x80, (byte)'"', (byte)':', (byte)'1', (byte)'}' }, 3)]
    [InlineData(new byte[] { (byte)'{', (byte)'"', 0xED, 0xA0, 0x80, (byte)'"', (byte)':', (byte)'1', (byte)'}' }, 3)]
    [InlineData(new byte[] { (byte)'{', (byte)'}', 0xF0, 0x9F }, 3)]
    public void Refuses_bytes_that_are_not_UTF_8(byte[] json, int byteInLine)
    {
        var read = () => ProtoJsonReader.Read<NodeInfoPB>(json);

        var fault = read.Should().Throw<JsonRequestException>().Which;
        fault.Expected.Should().Be("UTF-8 text");
        fault.ByteInLine.Should().Be(byteInLine);
    }

    [Theory]
    [InlineData("{\"a\":", "{}", "}")]
    [InlineData("{\"schema\":", "{}", "}")]
    public void Reads_64_levels_and_no_more(string open, string core, string close)
    {
        string Nested(int levels) => string.Concat(Enumerable.Repeat(open, levels - 1)) + core
            + string.Concat(Enumerable.Repeat(close, levels - 1));

        Read<NodeInfoPB>(Nested(64)).Should().Be(new NodeInfoPB());
        Fault<NodeInfoPB>(Nested(65)).Expected.Should().Contain("64 levels");
        Fault<NodeInfoPB>("{\"a\":" + new string('[', 100_000)).Expected.Should().Contain("64 levels");
    }

    [Fact]
    public void Reads_64_levels_of_known_messages()
    {
        const string Open = "{\"children_columns\":[";
        const string Close = "]}";
        var levels = string.Concat(Enumerable.Repeat(Open, 32)) + string.Concat(Enumerable.Repeat(Close, 32));

        var column = Read<ColumnPB>(levels);

        for (var depth = 1; depth < 32; depth++)
        {
            column = column.ChildrenColumns.Single();
        }

        column.Should().Be(new ColumnPB());
        Fault<ColumnPB>(levels.Replace("[]", "[{}]", StringComparison.Ordinal)).Path.Should()
            .Be(string.Join(".", Enumerable.Repeat("children_columns[0]", 32)));
    }

    [Fact]
    public void An_error_names_the_place_and_what_belongs_there()
    {
        var fault = Fault<AlterClusterRequest>("""
            {
              "cluster": {
                "nodes": [{"heartbeat_port": 9050}, {"ip": "10.0.0.1", "heartbeat_port": "canary"}]
              }
            }
            """);

        fault.Message.Should().Be("cluster.nodes[1].heartbeat_port: expected a 32-bit integer (-2147483648 to 2147483647), "
            + "as a number or a decimal string (line 3, byte 78)");
        Fault<AlterClusterRequest>("[]").Message.Should().Be("request body: expected a JSON object (line 1, byte 1)");
        Fault<AlterClusterRequest>("""{"cluster":{"nodes":[{"ip":"a" x""").Message.Should()
            .Be("cluster.nodes[0]: expected well-formed JSON (line 1, byte 32)");
    }

    [Fact]
    public void Reads_a_sequence_of_several_segments()
    {
        var bytes = Encoding.UTF8.GetBytes("""{"instance_id":"日本","cluster":{"nodes":[{"heartbeat_port":9050}]}}""");
        for (var cut = 0; cut <= bytes.Length; cut++)
        {
            var last = new Segment(bytes.AsMemory(cut), null, cut);
            var first = new Segment(bytes.AsMemory(0, cut), last, 0);
            var sequence = new ReadOnlySequence<byte>(first, 0, last, last.Memory.Length);

            var request = ProtoJsonReader.Read<AlterClusterRequest>(sequence);

            request.InstanceId.Should().Be("日本");
            request.Cluster.Nodes[0].HeartbeatPort.Should().Be(9050);
        }
    }

    [Fact]
    public void Reads_a_type_known_at_run_time()
    {
        var type = NodeInfoPB.Descriptor.ClrType;

        IMessage message = ProtoJsonReader.Read(type, "{\"ip\":\"a\"}"u8);

        message.Should().Be(new NodeInfoPB { Ip = "a" });
    }

    private static TMessage Read<TMessage>(string json)
        where TMessage : class, IMessage<TMessage>, new() => ProtoJsonReader.Read<TMessage>(Encoding.UTF8.GetBytes(json));

    private static JsonRequestException Fault<TMessage>(string json)
        where TMessage : class, IMessage<TMessage>, new()
    {
        var fault = FluentActions.Invoking(() => Read<TMessage>(json)).Should().Throw<JsonRequestException>().Which;
        fault.InnerException.Should().BeNull();
        return fault;
    }

    private sealed class Segment : ReadOnlySequenceSegment<byte>
    {
        public Segment(ReadOnlyMemory<byte> memory, Segment? next, long runningIndex)
        {
            Memory = memory;
            Next = next;
            RunningIndex = runningIndex;
        }
    }
}
